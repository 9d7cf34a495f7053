"""The answers of a registration as lines for checking: label, answer, where to change it."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from portal.onboarding.consents import PURPOSES
from portal.onboarding.drafts import Answers
from portal.onboarding.validators import SEXES, IdNumber
from portal.people.phones import Phone

Line = tuple[str, str, str | None]


def lines(answers: Answers, *, place: str, url: Callable[[str], str]) -> list[Line]:
    """Return one line for each answer; the ID number stays masked."""
    hamlet = answers["place"].get("hamlet")
    rows: list[Line] = [
        (_("Phone"), Phone(answers["phone"]).masked, None),
        (_("Name"), answers["name"], url("name")),
        (_("ID number"), _id_words(answers["id"]), url("id")),
    ]
    if answers["id"] and answers["id"]["birth_year"]:
        rows.append((_("Born, as the number says"), _birth_words(answers["id"]), url("id")))
    rows += [
        (_("Commune or ward"), place, url("place")),
        (_("Hamlet"), hamlet or _("Not given"), url("place")),
        (_("Grown or made"), answers["grown"], url("grown")),
        (_("Food safety"), food_safety_words(answers["selling"]["food_safety"]), url("selling")),
        (_("Paid by bank transfer"), yes_no(answers["selling"]["payment"]), url("selling")),
    ]
    given = answers["consents"]
    rows += [
        (purpose_words(purpose), yes_no(given[purpose]), url("consents")) for purpose in PURPOSES if purpose in given
    ]
    return rows


def yes_no(value: object) -> str:
    """Return yes or no."""
    return _("Yes") if value else _("No")


def food_safety_words(code: str | None) -> str:
    """Return how food is kept safe, in a few words."""
    words = {"certificate": _("With a certificate"), "commitment": _("Small producer, with a promise")}
    return words.get(code or "", _("Neither yet"))


def purpose_words(purpose: str) -> str:
    """Return the short name of a consent."""
    words: dict[str, Any] = {
        "service": _("Keep my details to run the shop"),
        "public_page": _("Show my name and goods on the market page"),
        "photo": _("Show my pictures"),
        "notices": _("Send me messages"),
        "share:postmart": _("Share with Postmart"),
        "share:voso": _("Share with Voso"),
    }
    return str(words.get(purpose, purpose))


def _id_words(number: dict[str, Any] | None) -> str:
    return IdNumber(number["kind"], number["value"]).masked if number else _("Later")


def _birth_words(number: dict[str, Any]) -> str:
    return _("%(year)s, %(sex)s", year=number["birth_year"], sex=SEXES[number["sex"]])
