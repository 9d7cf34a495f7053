"""What can be asked wrongly of the figures.

PortalError
└ QueryError      400 period_invalid · as_of_invalid · area_changed_owner · page_size_invalid · too_many_cells
                  404 indicator_unknown · area_unknown · cut_unknown · period_not_open · 406 format_unknown
"""

from flask_babel import lazy_gettext as _l

from portal.errors import PortalError, Sentences


class QueryError(PortalError):
    """A question about the figures cannot be answered; `code` says why."""

    def __init__(self, code: str, *, keep: bool = False, **fields: object) -> None:
        self.code = code
        super().__init__(keep=keep, **fields)


SENTENCES: Sentences = {
    "period_invalid": (400, _l("Write a period as 2022-10, 2022-Q4, 2022-S2 or 2022.")),
    "as_of_invalid": (400, _l("Write a past time with its offset, as 2022-11-02T02:00:00Z.")),
    "area_changed_owner": (400, _l("The code %(area)s belongs to %(ids)s in turn. Ask for one of them.")),
    "page_size_invalid": (400, _l("A page holds 1 to 5,000 rows.")),
    "too_many_cells": (400, _l("This is more than 100,000 figures. Ask for fewer, or take the open data.")),
    "indicator_unknown": (404, _l("There is no indicator %(indicator)s. The nearest ones: %(near)s")),
    "area_unknown": (404, _l("There is no area %(area)s at that time.")),
    "cut_unknown": (404, _l("There is no cut %(cut)s. There are: %(cuts)s")),
    "period_not_open": (404, _l("The period %(period)s has not begun yet.")),
    "format_unknown": (406, _l("There are these formats: json, csv.")),
}
