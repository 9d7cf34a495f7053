"""Which days a list or the books are of."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import DateField, ValidationError
from wtforms.validators import InputRequired

from portal.pay.typed import read_day

MOST_DAYS = 366
_DAY = _l("Choose a day, such as 01/11/2026.")


class PeriodForm(FlaskForm):
    """Asks from which day to which; both count."""

    class Meta:
        """Go without a token: it changes nothing."""

        csrf = False

    first = DateField(_l("From day"), [InputRequired(_DAY)], name="from", render_kw={"class": "short"})
    last = DateField(_l("To day"), [InputRequired(_DAY)], name="to", render_kw={"class": "short"})

    @classmethod
    def asked(cls, args: Mapping[str, Any], *, first: date, last: date) -> Self:
        """Return the form as an address has it, with these days where it names none."""
        told = {"from": f"{first}", "to": f"{last}"}
        return cls(formdata=MultiDict(told | {name: args[name] for name in told if args.get(name)}))

    def validate_first(self, field: DateField) -> None:
        """Refuse what no books could hold."""
        _require_day(field)

    def validate_last(self, field: DateField) -> None:
        """Refuse an end before its beginning, and more days than a list is for."""
        _require_day(field)
        if self.first.data is None:
            return
        if field.data < self.first.data:
            raise ValidationError(_l("The last day is before the first. Choose the same day or a later one."))
        if (field.data - self.first.data).days >= MOST_DAYS:
            raise ValidationError(_l("This is more than a year. Choose at most %(days)s days.", days=MOST_DAYS))


def _require_day(field: DateField) -> None:
    """Raise one sentence that says what to do, whatever is wrong."""
    if read_day(f"{field.data}") is None:
        field.errors = []
        raise ValidationError(_DAY)
