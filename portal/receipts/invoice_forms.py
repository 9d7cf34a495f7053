"""Forms of invoices: who buys, which number it has, and what it is to become."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, Regexp, ValidationError

from payments.states import InvoiceStatus
from portal.receipts.tax_codes import TaxCodeWrong, read_tax_code

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_SHORT = Length(max=200, message=_l("Use at most 200 letters."))


class BuyerForm(FlaskForm):
    """Asks for a buyer's data as an invoice needs them."""

    name = StringField(
        _l("Name of the company or person"), [DataRequired(_l("Enter the name.")), _SHORT], render_kw=_PLAIN
    )
    tax_code = StringField(
        _l("Tax code"), [DataRequired(_l("Enter the tax code.")), Length(max=30)], render_kw=_PLAIN | {"class": "short"}
    )
    address = StringField(_l("Address"), [DataRequired(_l("Enter the address.")), _SHORT], render_kw=_PLAIN)
    email = StringField(
        _l("Email for the invoice, if you want it sent"),
        [Optional(), _SHORT, Regexp(r"[^@\s]+@[^@\s]+\.[^@\s]+$", message=_l("Write the email like ten@vidu.vn."))],
        render_kw={"autocomplete": "email", "spellcheck": "false"},
    )

    def validate_tax_code(self, field: StringField) -> None:
        """Hold the code to its check digit."""
        try:
            field.data = read_tax_code(field.data or "")
        except TaxCodeWrong:
            raise ValidationError(_l("This is no tax code. Check each of its 10, 12 or 13 digits.")) from None

    @property
    def buyer(self) -> dict[str, str]:
        """Return the data as they are kept."""
        fields: tuple[Any, ...] = (self.name, self.tax_code, self.address, self.email)
        return {field.name: " ".join((field.data or "").split()) for field in fields}


class OpenBuyerForm(BuyerForm):
    """The buyer's own form: the guard of the page stands for a token."""

    class Meta:
        """Go without a token."""

        csrf = False


class NumberForm(FlaskForm):
    """Asks for the number of an invoice that was issued elsewhere."""

    number = StringField(
        _l("Number of the invoice, with its series"),
        [DataRequired(_l("Enter the number.")), Length(max=40)],
        render_kw=_PLAIN | {"class": "short"},
    )


class ChangeForm(FlaskForm):
    """Asks what an issued invoice is to become, and why."""

    change = RadioField(
        _l("What should the issuer do?"),
        choices=[
            SelectChoice(str(InvoiceStatus.CANCELLED), _l("Cancel it")),
            SelectChoice(str(InvoiceStatus.REPLACED), _l("Replace it")),
            SelectChoice(str(InvoiceStatus.ADJUSTED), _l("Adjust it")),
        ],
        validators=[DataRequired(_l("Choose one."))],
    )
    reason = StringField(
        _l("Why?"),
        [
            DataRequired(_l("Write the reason, in at most 200 letters.")),
            Length(max=200, message=_l("Write the reason, in at most 200 letters.")),
        ],
        render_kw={"autocomplete": "off"},
    )
