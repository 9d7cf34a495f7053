"""One question a page about a new lot: when it was harvested, until when it is good, its number, where it grew."""

from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, StringField
from wtforms.validators import Length, Optional, ValidationError

from portal.errors import error_line
from traceability import check_lot_number
from traceability.errors import LotSyntax

NONE = "-"
_OLDEST = timedelta(days=730)


def read_day(text: str, *, today: date) -> date | None:
    """Read a day that is not to come and not long past; None for any other text."""
    on = _day(text)
    return on if on is not None and today - _OLDEST <= on <= today else None


def read_expiry(text: str, *, harvest: date | None) -> date | None:
    """Read a day that is not before the harvest; None for any other text."""
    on = _day(text)
    return on if on is not None and (harvest is None or on >= harvest) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class DayForm(FlaskForm):
    """Asks for a day; today and yesterday are buttons."""

    day = DateField(_l("Another day"), validators=[Optional()])
    pick = StringField()
    today: date
    chosen: date

    def validate(self, extra_validators: Any = None) -> bool:
        """Take the button's day, or the one that was typed."""
        if not super().validate(extra_validators):
            return False
        days = {"today": self.today, "yesterday": self.today - timedelta(days=1)}
        on: date | None = days.get(self.pick.data or "", self.day.data)
        if on is None:
            self.day.errors = [_("Choose a day.")]
            return False
        if read_day(on.isoformat(), today=self.today) is None:
            self.day.errors = [_("This day is still to come, or too long ago.")]
            return False
        self.chosen = on
        return True

    @property
    def answer(self) -> str:
        """Return the answer as the address carries it."""
        return self.chosen.isoformat()


class HarvestForm(DayForm):
    """Asks for the day of harvest; not to know it is allowed."""

    def validate(self, extra_validators: Any = None) -> bool:
        """Take a day, or that it is not known."""
        if self.pick.data == "unknown":
            return FlaskForm.validate(self, extra_validators)
        return super().validate(extra_validators)

    @property
    def answer(self) -> str:
        """Return the day, or that there is none."""
        return NONE if self.pick.data == "unknown" else super().answer


class ExpiryForm(FlaskForm):
    """Asks until when the goods are good; many have no such day."""

    day = DateField(_l("Use before"), validators=[Optional()])
    pick = StringField()
    harvest: date | None = None

    def validate(self, extra_validators: Any = None) -> bool:
        """Take a day that is not before the harvest, or that there is none."""
        if not super().validate(extra_validators):
            return False
        if self.pick.data == "none":
            return True
        if self.day.data is None:
            self.day.errors = [_("Choose a day.")]
            return False
        if read_expiry(self.day.data.isoformat(), harvest=self.harvest) is None:
            self.day.errors = [_("This day is before the harvest.")]
            return False
        return True

    @property
    def answer(self) -> str:
        """Return the day, or that there is none."""
        return NONE if self.pick.data == "none" else str(self.day.data.isoformat())


class NumberForm(FlaskForm):
    """Asks for the lot's number."""

    number = StringField(_l("Lot number"), render_kw={"autocomplete": "off"})

    def validate_number(self, field: Field) -> None:
        """Take 1 to 20 characters of GS1's set."""
        try:
            check_lot_number((field.data or "").strip())
        except LotSyntax as error:
            raise ValidationError(error_line(error.code)) from error

    @property
    def answer(self) -> str:
        """Return the number."""
        return str(self.number.data).strip()


class OriginForm(FlaskForm):
    """Asks where the goods grew, in words."""

    origin = StringField(
        _l("Where did it grow?"), validators=[Length(max=200, message=_l("This is too long. Use fewer words."))]
    )

    @property
    def answer(self) -> str:
        """Return the words on one line."""
        return " ".join((self.origin.data or "").split())


class BeginForm(FlaskForm):
    """Confirms the lot."""
