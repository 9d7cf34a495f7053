"""Forms of stalls: a new one, and a picture of its board."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from payments import bank_name
from payments.models import Payee
from portal.stalls.actions import MOST_NUMBER, MOST_SELLS
from portal.stalls.handling import NOTE_LENGTH

_LONG = _l("This is too long. Use fewer words.")
_NOTE = _l("Write what was done, in at most 500 letters.")
_CHOOSE = _l("Choose the account that the money goes to.")


class StallForm(FlaskForm):
    """Asks for a stall's number, what it sells, and to which of the market's accounts its money goes."""

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
    account = RadioField(
        _l("To whose account does the money go?"), validators=[InputRequired(_CHOOSE)], validate_choice=False
    )

    def offer(self, accounts: Sequence[Payee]) -> None:
        """Let somebody choose among these accounts; a market's only one is chosen already, to be read and agreed to."""
        self.account.choices = [
            SelectChoice(one.id, f"{one.holder_name} · {bank_name(one.bin) or one.bin} …{one.account[-4:]}")
            for one in accounts
        ]
        if len(accounts) == 1 and not self.is_submitted():
            self.account.data = accounts[0].id


class PictureForm(FlaskForm):
    """Asks for a picture of a board."""

    picture = FileField(_l("Take a picture of the board"))


class DoneForm(FlaskForm):
    """Asks what was done about a board that showed another's code."""

    note = TextAreaField(
        _l("What was done?"), validators=[InputRequired(_NOTE), Length(max=NOTE_LENGTH, message=_NOTE)]
    )
