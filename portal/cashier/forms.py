"""Forms of the till."""

import uuid

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.cashier.typed import NameSuspected, read_payer
from portal.errors import error_line
from portal.pay.typed import AmountUnreadable, read_amount

_MOST_FORM_ID = 64
_REASON = _l("Write the reason, in at most 200 letters.")


class AskForm(FlaskForm):
    """Asks for one payment on one page; `form_id`, made with the form, lets a double tap make one request."""

    desk = SelectField(_l("Desk"), validators=[InputRequired(_l("Choose a desk."))])
    amount = StringField(
        _l("Amount in đồng"),
        [InputRequired(_l("Enter the amount.")), Length(max=30)],
        render_kw={"inputmode": "text", "autocomplete": "off", "class": "short"},
    )
    item = StringField(
        _l("What is it for?"),
        [InputRequired(_l("Say what the payment is for.")), Length(max=80, message=_l("Use at most 80 letters."))],
        render_kw={"autocomplete": "off"},
    )
    payer = StringField(
        _l("For whom? Initials and class, or your code"),
        [Length(max=30, message=_l("Use at most 30 letters."))],
        render_kw={"autocomplete": "off"},
    )
    form_id = HiddenField(default=lambda: uuid.uuid4().hex)
    amount_minor: int = 0
    payer_label: str = ""

    def begin_anew(self) -> None:
        """Have what is sent next make a request of its own."""
        self.form_id.data = uuid.uuid4().hex

    def validate_amount(self, field: StringField) -> None:
        """Read the amount, or say how to write it."""
        try:
            self.amount_minor = read_amount(field.data or "")
        except AmountUnreadable as error:
            raise ValidationError(_l("Write the amount like 450000, 450.000 or 450k.")) from error
        if self.amount_minor < 1000:
            raise ValidationError(error_line("amount_too_small"))

    def validate_payer(self, field: StringField) -> None:
        """Refuse a full name: this text can be forwarded to anybody."""
        try:
            self.payer_label = read_payer(field.data or "")
        except NameSuspected as error:
            raise ValidationError(_l("Write initials and class or a code here, never a full name.")) from error

    def validate_form_id(self, field: HiddenField) -> None:
        """Refuse an id that no form of ours makes."""
        if not (field.data or "").isalnum() or len(field.data) > _MOST_FORM_ID:
            raise ValidationError(_l("The page was open for too long. Reload it and send it again."))


class CancelForm(FlaskForm):
    """Asks why a request is withdrawn."""

    reason = StringField(
        _l("Why is it cancelled?"),
        [InputRequired(_REASON), Length(max=200, message=_REASON)],
        render_kw={"autocomplete": "off"},
    )
