"""What can go wrong when figures are asked for.

PortalError
└ AdoptionError
  ├ QueryError     400: period_invalid · as_of_invalid · area_changed_owner · page_size_invalid · too_many_cells ·
  │                parameter_unknown
  │                406: format_unknown
  ├ FigureUnknown  404: indicator_unknown · area_unknown · cut_unknown · period_not_open
  ├ TokenRefused   401: token_invalid · 403: scope_missing
  ├ ClientRefused  oauth.client_id · oauth.client_exists · oauth.client_unknown · oauth.scope_unknown
  ├ TargetRefused  target.value · target.source · target.indicator · target.second_person · target.unknown
  ├ NotAdditive    adoption.not_additive: a distinct count was to be summed
  ├ LockStale      adoption.lock_stale: an indicator's text changed and its version did not
  └ IllegalTransition  adoption.illegal_transition: a month or a batch cannot go from this state to that
"""

from typing import Any

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class AdoptionError(PortalError):
    """A figure cannot be given; `code` says why, `problems` name the parameter."""

    def __init__(self, code: str, *, field: str | None = None, **fields: Any) -> None:
        self.code = code
        super().__init__(**fields)
        if field is not None:
            self.fields["problems"] = [
                {"field": field, "code": code, "sentence": _filled(code, fields), "kind": "query"}
            ]


class QueryError(AdoptionError):
    """What was asked cannot be read."""


class FigureUnknown(AdoptionError):
    """What was asked for is not there."""


class TokenRefused(AdoptionError):
    """A Bearer token is not good, or not for this."""


class ClientRefused(AdoptionError):
    """A machine's account cannot be made or ended so."""


class TargetRefused(AdoptionError):
    """A target cannot be written down or approved so."""


class NotAdditive(AdoptionError):
    """A count of distinct things was to be summed."""


class LockStale(AdoptionError):
    """An indicator's text changed and its version did not."""


class IllegalTransition(AdoptionError):
    """A month or a batch cannot go from this state to that."""


SENTENCES: Sentences = {
    "period_invalid": (400, _l("Write a period as 2022-10, 2022-Q4, 2022-S2 or 2022, or as a range of them.")),
    "as_of_invalid": (400, _l("Write a time with its zone, such as 2022-11-02T02:00:00Z, and not one still to come.")),
    "area_changed_owner": (400, _l("Code %(area)s changed hands in that time. Ask for %(units)s, each in its time.")),
    "page_size_invalid": (400, _l("Ask for pages of 1 to 5,000 rows, and for a cursor that an answer gave you.")),
    "too_many_cells": (400, _l("This asks for %(cells)s figures. Ask for at most 100,000 at once.")),
    "parameter_unknown": (400, _l("There is no parameter %(name)s. The parameters are %(known)s.")),
    "format_unknown": (406, _l("This comes as application/json, text/csv or application/vnd.sdmx.data+csv.")),
    "indicator_unknown": (404, _l("There is no indicator %(indicator)s. Close to it: %(nearest)s.")),
    "area_unknown": (404, _l("There is no area %(area)s here in this period.")),
    "cut_unknown": (404, _l("%(indicator)s has no cut %(cut)s. Its cuts: %(cuts)s.")),
    "period_not_open": (404, _l("%(period)s has not begun yet.")),
    "token_invalid": (401, _l("This token is not good any more. Ask for a new one at /oauth/token.")),
    "scope_missing": (403, _l("This token is not for %(scope)s. Ask for one that is.")),
    "oauth.client_id": (400, _l("A client's name here is 1 to 48 small letters, digits and hyphens.")),
    "oauth.client_exists": (409, _l("There is a client %(client)s. Ask for a new secret if the old one is lost.")),
    "oauth.client_unknown": (404, _l("There is no client %(client)s.")),
    "oauth.scope_unknown": (400, _l("There is no scope %(scopes)s. There is: %(known)s.")),
    "target.value": (400, _l("Write a whole number above 0.")),
    "target.source": (400, _l("Say in at most 200 letters where the target is written.")),
    "target.indicator": (400, _l("A share has no target of its own. Choose a count.")),
    "target.second_person": (409, _l("You wrote this target down. Another officer must approve it.")),
    "target.unknown": (404, _l("There is no such target.")),
    "adoption.not_additive": (500, _l("These counts overlap, so no sum of them is shown.")),
    "adoption.illegal_transition": (409, _l("%(subject)s is %(before)s and cannot become %(after)s.")),
    "adoption.lock_stale": (500, _l("The text of %(indicators)s changed. Raise its version, then lock it again.")),
}  # fmt: skip


def _filled(code: str, fields: dict[str, Any]) -> str:
    text = str(SENTENCES[code][1])
    return text % fields if "%(" in text else text
