"""Forms about a receipt that was issued: why it is void, and what a corrected one says."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

_REASON = _l("Write the reason, in at most 200 letters.")
_WRITTEN = [DataRequired(_REASON), Length(max=200, message=_REASON)]


class VoidForm(FlaskForm):
    """Asks why a receipt is void."""

    void_reason = StringField(_l("Why is this receipt void?"), _WRITTEN, render_kw={"autocomplete": "off"})


class CorrectForm(FlaskForm):
    """Asks what the corrected receipt says, and why."""

    item = StringField(
        _l("What was the payment for?"),
        [
            DataRequired(_l("Say what the payment is for.")),
            Length(max=120, message=_l("Say what the payment is for, in at most 120 letters.")),
        ],
        render_kw={"autocomplete": "off"},
    )
    reason = StringField(_l("What was wrong?"), _WRITTEN, render_kw={"autocomplete": "off"})
