"""Forms of the seller's pages: how many stamps, which lot, which range."""

import uuid

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from portal.errors import error_line
from traceability import SHEETS
from traceability.serials import MOST_STAMPS

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_LONGEST_NUMBER = 20
ROLL = "roll"


def read_number(text: str) -> int | None:
    """Read a whole number however its thousands are set apart; None if it is none."""
    digits = "".join(sign for sign in text.strip() if sign not in " .,\u00a0")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER else None


class CountForm(FlaskForm):
    """Asks how many stamps."""

    count = StringField(_l("How many stamps do you need?"), render_kw=_NUMBER)
    pin = BooleanField(_l("With a PIN under a scratch layer"))
    number: int = 0

    def validate_count(self, field: Field) -> None:
        """Take a number from 1 to the largest batch."""
        number = read_number(field.data or "")
        if number is None:
            raise ValidationError(_("Enter a number, for example 300."))
        if not 1 <= number <= MOST_STAMPS:
            raise ValidationError(error_line("count_out_of_range"))
        self.number = number


class OrderForm(CountForm):
    """Confirms an order; `client_id` is made with the page, so that sending it twice is one order."""

    count = HiddenField()
    pin = HiddenField()
    client_id = HiddenField(default=lambda: str(uuid.uuid4()), validators=[InputRequired(), Length(max=36)])


class RangeForm(FlaskForm):
    """Asks for the first and the last stamp, as the head of each sheet prints them."""

    first = StringField(_l("From stamp number"), render_kw=_NUMBER)
    last = StringField(_l("To stamp number"), render_kw=_NUMBER)
    range: tuple[int, int] = (0, 0)

    def validate_first(self, field: Field) -> None:
        """Want a number."""
        _want_number(field)

    def validate_last(self, field: Field) -> None:
        """Want a number that is not before the first."""
        last, first = _want_number(field), read_number(self.first.data or "")
        if first is not None:
            if first > last:
                raise ValidationError(error_line("range_reversed"))
            self.range = (first, last)


def _want_number(field: Field) -> int:
    number = read_number(field.data or "")
    if number is None:
        raise ValidationError(_("Enter the number from the head of the sheet."))
    return number


class PrintForm(RangeForm):
    """Asks which stamps go on which labels; `client_id` is made with the page, so sending it twice is one file."""

    sheet = RadioField(
        _l("On which labels?"),
        choices=[
            SelectChoice("a4-40", _l("A4 sheets, 40 labels of 45.7 × 25.4 mm")),
            SelectChoice("a4-24", _l("A4 sheets, 24 labels of 63.5 × 33.9 mm")),
            SelectChoice("a4-65", _l("A4 sheets, 65 labels of 38.1 × 21.2 mm")),
            SelectChoice(ROLL, _l("A roll of labels")),
        ],
        validate_choice=False,
    )
    width = StringField(_l("Width of a roll's label, in mm"), render_kw=_NUMBER)
    height = StringField(_l("Height of a roll's label, in mm"), render_kw=_NUMBER)
    client_id = HiddenField(default=lambda: str(uuid.uuid4()), validators=[InputRequired(), Length(max=36)])

    @property
    def sheet_name(self) -> str:
        """Return the sheet's name, with the label's size on a roll."""
        return (
            f"roll-{self.width.data.strip()}x{self.height.data.strip()}" if self.sheet.data == ROLL else self.sheet.data
        )

    def validate_sheet(self, field: Field) -> None:
        """Want one of the kinds; A4 with 40 where none was sent."""
        field.data = field.data or "a4-40"
        if field.data not in (*SHEETS, ROLL):
            raise ValidationError(_("Choose one of the kinds of labels."))

    def validate_width(self, field: Field) -> None:
        """Want whole millimetres, where it is a roll."""
        self._want_size(field)

    def validate_height(self, field: Field) -> None:
        """Want whole millimetres, where it is a roll."""
        self._want_size(field)

    def _want_size(self, field: Field) -> None:
        size = read_number(field.data or "") if self.sheet.data == ROLL else 10
        if size is None or not 10 <= size <= 300:
            raise ValidationError(_("Enter a size from 10 to 300 mm."))


class VoidForm(RangeForm):
    """Asks which stamps are cancelled, and why."""

    reason = StringField(
        _l("Why are these stamps cancelled?"),
        validators=[
            InputRequired(_l("Write down why these stamps are cancelled.")),
            Length(max=300, message=_l("This is too long. Use fewer words.")),
        ],
    )
