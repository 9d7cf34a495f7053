"""Forms of signing in, and of the keys of one's own software."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.errors import error_line
from portal.people.errors import PhoneError
from portal.people.phones import Phone, parse_mobile


class PhoneForm(FlaskForm):
    """Asks for a mobile number, written in any way."""

    phone = StringField(
        _l("What is your phone number?"), validators=[InputRequired(_l("Enter your phone number.")), Length(max=40)]
    )
    parsed: Phone | None = None

    def validate_phone(self, field: StringField) -> None:
        """Read the number, or say what is wrong with it."""
        try:
            self.parsed = parse_mobile(field.data or "")
        except PhoneError as error:
            raise ValidationError(error_line(error.code, **error.fields)) from error


class CodeForm(FlaskForm):
    """Asks for the six digits of a message."""

    code = StringField(
        _l("What is the code in the message?"), validators=[InputRequired(_l("Enter the six digits.")), Length(max=20)]
    )


class AuthenticatorForm(FlaskForm):
    """Asks for the six digits of an authenticator app."""

    code = StringField(
        _l("What code does your authenticator app show?"),
        validators=[InputRequired(_l("Enter the six digits.")), Length(max=20)],
    )


class KeyForm(FlaskForm):
    """Asks what a machine's key is called and what it may do."""

    name = StringField(
        _l("What is the key called?"),
        validators=[
            InputRequired(_l("Give the key a name.")),
            Length(max=60, message=_l("This is too long. Use fewer words.")),
        ],
        render_kw={"autocomplete": "off"},
    )
    may = SelectMultipleField(
        _l("What may it do?"),
        choices=[
            SelectChoice("epcis:capture", _l("Note steps of goods")),
            SelectChoice("epcis:read", _l("Read steps of goods")),
        ],
        default=["epcis:capture", "epcis:read"],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Choose what it may do."))],
    )


class PressForm(FlaskForm):
    """A form of one button."""
