"""Form of supply: what the goods carry, or the days."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, Field, StringField
from wtforms.validators import Length, Optional, ValidationError

LONGEST_DAYS = 366


class SupplyForm(FlaskForm):
    """Asks for a lot number, a stamp's code or a batch's number; or for a period."""

    code = StringField(
        _l("Lot number, the code on a stamp, or the number of a batch"),
        validators=[Length(max=60, message=_l("This is too long. Use fewer words."))],
        render_kw={"autocomplete": "off"},
    )
    since = DateField(_l("Or all from this day"), validators=[Optional()])
    until = DateField(_l("to this day"), validators=[Optional()])

    def validate_code(self, field: Field) -> None:
        """Want either what the goods carry or a period."""
        if not (field.data or "").strip() and not (self.since.data and self.until.data):
            raise ValidationError(_("Enter a number, or both days."))

    def validate_until(self, field: Field) -> None:
        """Refuse an end before the beginning, and more than a year."""
        since: date | None = self.since.data
        if field.data is not None and since is not None and not 0 <= (field.data - since).days <= LONGEST_DAYS:
            raise ValidationError(_("Choose a period of at most one year, its first day first."))
