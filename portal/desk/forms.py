"""Forms of the desk."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

_NOTE = _l("Write what was done, in at most 500 letters.")


class CloseForm(FlaskForm):
    """Asks what was done about a case."""

    note = TextAreaField(_l("What was done?"), validators=[InputRequired(_NOTE), Length(max=500, message=_NOTE)])
