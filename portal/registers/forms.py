"""Forms of the register: a certificate's facts with its paper, and why one is withdrawn."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from portal.registers.listing import KIND_WORDS

TOO_LONG = _l("This is too long. Use fewer words.")


class PaperForm(FlaskForm):
    """Asks for what a certificate says."""

    reference = StringField(
        _l("Reference number of the seller"),
        validators=[InputRequired(_l("Enter the seller's reference number.")), Length(max=12, message=TOO_LONG)],
        render_kw={"autocomplete": "off"},
    )
    kind = SelectField(
        _l("Which certificate is it?"),
        choices=[SelectChoice(code, name) for code, name in KIND_WORDS.items()],
        validate_choice=False,
    )
    number = StringField(
        _l("Number of the certificate"),
        validators=[InputRequired(_l("Enter the number of the certificate.")), Length(max=40, message=TOO_LONG)],
        render_kw={"autocomplete": "off"},
    )
    issuer = StringField(
        _l("Who issued it?"),
        validators=[InputRequired(_l("Enter who issued it.")), Length(max=200, message=TOO_LONG)],
    )
    valid_from = DateField(_l("Valid from"), validators=[InputRequired(_l("Enter the first day."))])
    valid_to = DateField(_l("Valid to, if there is such a day"), validators=[Optional()])
    paper = FileField(_l("The paper as a PDF file, if there is one"))

    def validate_kind(self, field: Field) -> None:
        """Take only a kind from the list, in our own words."""
        if field.data not in KIND_WORDS:
            raise ValidationError(_("Choose a kind of certificate from the list."))

    def validate_valid_to(self, field: Field) -> None:
        """Refuse an end before the beginning."""
        if field.data is not None and self.valid_from.data is not None and field.data < self.valid_from.data:
            raise ValidationError(_("This day is before the first day."))


class WithdrawForm(FlaskForm):
    """Asks why a certificate is withdrawn."""

    reason = StringField(
        _l("Why is it withdrawn?"),
        validators=[InputRequired(_l("Write down why it is withdrawn.")), Length(max=300, message=TOO_LONG)],
    )
