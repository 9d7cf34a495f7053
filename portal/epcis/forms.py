"""One question a page: which day, how much, to whom; and why a step was wrong."""

import uuid

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import UUID, InputRequired, ValidationError

from traceability.canonical import ecmascript_number

_MOST_KG = 1_000_000
PASSED, NOT_PASSED = "passed", "not-passed"
RESULTS = (PASSED, NOT_PASSED)


def read_amount(text: str) -> float | None:
    """Read kilograms with a comma or a point before the part; None if it is no amount above zero."""
    tidy = text.strip().lower().removesuffix("kg").strip().replace(",", ".")
    whole, _point, part = tidy.partition(".")
    if not (whole + part).isdigit() or not (whole + part).isascii() or not whole or len(whole) > 9 or len(part) > 3:
        return None
    amount = float(f"{whole}.{part or 0}")
    return amount if 0 < amount <= _MOST_KG else None


class AmountForm(FlaskForm):
    """Asks for kilograms; not to know is allowed."""

    amount = StringField(_l("How many kilograms?"), render_kw={"inputmode": "decimal", "autocomplete": "off"})
    pick = StringField()
    chosen: str = ""

    def validate_amount(self, field: Field) -> None:
        """Take an amount, or that it is not known."""
        if self.pick.data == "unknown":
            self.chosen = "-"
            return
        amount = read_amount(field.data or "")
        if amount is None:
            raise ValidationError(_("Enter kilograms, for example 120 or 7,5."))
        self.chosen = ecmascript_number(amount)


class RecipientForm(FlaskForm):
    """Asks to whom goods go: a shop by its reference, or somebody without a shop here."""

    to = StringField(_l("To whom do the goods go?"), render_kw={"autocomplete": "off", "autocapitalize": "characters"})
    pick = StringField()


class ResultForm(FlaskForm):
    """Asks what an inspection found; both answers are buttons."""

    pick = StringField(_l("Were the goods in order?"))
    chosen: str = ""

    def validate_pick(self, field: Field) -> None:
        """Take one of the two."""
        if field.data not in RESULTS:
            raise ValidationError(_("Choose what was found."))
        self.chosen = field.data


class StepForm(FlaskForm):
    """Confirms a step; `client_id` is made with the page, so that sending it twice is one step."""

    client_id = HiddenField(default=lambda: str(uuid.uuid4()), validators=[InputRequired(), UUID()])


class WrongForm(FlaskForm):
    """Asks what was wrong with a step."""

    reason = RadioField(
        _l("What was wrong?"),
        choices=[
            SelectChoice("incorrect_data", _l("It was noted wrongly")),
            SelectChoice("did_not_occur", _l("It never happened")),
        ],
        validators=[InputRequired(_l("Choose what was wrong."))],
    )
