"""The one form of the public: a receipt's number and word."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length


class ReceiptCheckForm(FlaskForm):
    """Asks for what stands on a receipt; it only reads, so it is sent by GET and needs no token."""

    class Meta:
        """Go without a token."""

        csrf = False

    number = StringField(
        _l("Receipt number"),
        [InputRequired(_l("Enter the number that stands on the receipt.")), Length(max=40)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    word = StringField(
        _l("Check word"),
        [InputRequired(_l("Enter the six letters beside the number.")), Length(max=20)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
