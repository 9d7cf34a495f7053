"""Forms of a hospital's desk: a stay, an advance, a charge with what is taken off it, an account."""

import uuid

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, ValidationError

from portal.hospital.returning import MOST_ACCOUNT
from portal.hospital.words import CHOICES
from portal.pay.typed import AmountUnreadable, read_amount

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_UNREADABLE = _l("Write the amount like 450000, 450.000 or 450k.")


class StayForm(FlaskForm):
    """Asks for the hospital's own code of a stay and the patient's name."""

    code = StringField(
        _l("Code of the stay"),
        [DataRequired(_l("Enter the code of the stay.")), Length(max=40)],
        render_kw=_PLAIN | {"class": "short"},
    )
    name = StringField(
        _l("Patient's name"),
        [DataRequired(_l("Enter the patient's name.")), Length(max=80, message=_l("Use at most 80 letters."))],
        render_kw=_PLAIN,
    )


class _DeskForm(FlaskForm):
    """Belongs to a desk; its id lets a double tap make one request."""

    desk = HiddenField(validators=[DataRequired(_l("Choose a desk."))])
    form_id = HiddenField(default=lambda: uuid.uuid4().hex)


class AdvanceForm(_DeskForm):
    """Asks how much is to be paid in advance."""

    advance = StringField(
        _l("Advance in đồng"),
        [DataRequired(_l("Enter the amount.")), Length(max=30)],
        render_kw={"autocomplete": "off", "class": "short"},
    )
    amount_minor: int = 0

    def validate_advance(self, field: StringField) -> None:
        """Read the amount, or say how to write it."""
        self.amount_minor = _sum(field)


class ChargeForm(_DeskForm):
    """Asks what is charged, how much, and what is taken off it and why."""

    item = SelectField(_l("What is charged?"), choices=[SelectChoice(code, words) for code, words in CHOICES.items()])
    gross = StringField(
        _l("Charge in đồng"),
        [DataRequired(_l("Enter the amount.")), Length(max=30)],
        render_kw={"autocomplete": "off", "class": "short"},
    )
    reduction = StringField(
        _l("Reduction or exemption in đồng"), [Length(max=30)], render_kw={"autocomplete": "off", "class": "short"}
    )
    reduction_reason = StringField(
        _l("Why is it reduced?"),
        [Length(max=120, message=_l("Use at most 120 letters."))],
        render_kw={"autocomplete": "off"},
    )
    gross_minor: int = 0
    reduction_minor: int = 0

    def validate_gross(self, field: StringField) -> None:
        """Read the amount, or say how to write it."""
        self.gross_minor = _sum(field)
        if self.gross_minor < 1:
            raise ValidationError(_UNREADABLE)

    def validate_reduction(self, field: StringField) -> None:
        """Read what is taken off; nothing typed takes nothing off."""
        self.reduction_minor = _sum(field) if (field.data or "").strip() else 0


class AccountForm(FlaskForm):
    """Asks for the account to which the rest of an advance goes back."""

    account = StringField(
        _l("Bank, account number and holder"),
        [
            DataRequired(_l("Write bank, account number and holder.")),
            Length(max=MOST_ACCOUNT, message=_l("Use at most 120 letters.")),
        ],
        render_kw=_PLAIN,
    )


class UndoUseForm(FlaskForm):
    """Asks why a charge gives back what it took from the advance."""

    why = StringField(
        _l("Why does the charge give it back?"),
        [
            DataRequired(_l("Write the reason, in at most 200 letters.")),
            Length(max=200, message=_l("Write the reason, in at most 200 letters.")),
        ],
        render_kw={"autocomplete": "off"},
    )


def _sum(field: StringField) -> int:
    try:
        return read_amount(field.data or "")
    except AmountUnreadable as error:
        raise ValidationError(_UNREADABLE) from error
