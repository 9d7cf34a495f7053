"""Forms of stalls: a new one, and a picture of its board."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.stalls.actions import MOST_NUMBER, MOST_SELLS

_LONG = _l("This is too long. Use fewer words.")


class StallForm(FlaskForm):
    """Asks for a stall's number and what it sells."""

    number = StringField(
        _l("Which number has the stall?"),
        validators=[InputRequired(_l("Type the stall's number.")), Length(max=MOST_NUMBER, message=_LONG)],
        render_kw={"autocomplete": "off"},
    )
    sells = StringField(
        _l("What does it sell?"),
        validators=[InputRequired(_l("Write what the stall sells.")), Length(max=MOST_SELLS, message=_LONG)],
        render_kw={"autocomplete": "off"},
    )


class PictureForm(FlaskForm):
    """Asks for a picture of a board."""

    picture = FileField(_l("Take a picture of the board"))
