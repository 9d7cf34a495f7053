"""Forms about money that waits for a person."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

_REASON = _l("Write the reason, in at most 200 letters.")


class AssignForm(FlaskForm):
    """Asks which request a waiting sum is for."""

    code = StringField(
        _l("Payment code of the request"),
        [InputRequired(_l("Enter the payment code of the request.")), Length(max=40)],
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class UndoForm(FlaskForm):
    """Asks why a sum is taken from a request again."""

    why = StringField(
        _l("Why is it taken from this payment?"),
        [InputRequired(_REASON), Length(max=200, message=_REASON)],
        render_kw={"autocomplete": "off"},
    )


class SendBackForm(FlaskForm):
    """Asks why a waiting sum goes back, and where to."""

    reason = StringField(
        _l("Why does it go back?"),
        [InputRequired(_REASON), Length(max=200, message=_REASON)],
        render_kw={"autocomplete": "off"},
    )
    account = StringField(
        _l("Bank and account of the payer"),
        [Length(max=120, message=_l("Use at most 120 letters."))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
