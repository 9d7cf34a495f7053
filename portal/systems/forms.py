"""Forms of an institution's software: a key's name, how long an old key lives on, an address and what it is told."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

# What an address may be told: everything, or how payments and what goes back of them end.
ENDS = (
    "payment_intent.succeeded", "payment_intent.partially_funded", "payment_intent.canceled",
    "checkout.session.completed", "checkout.session.expired", "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed", "charge.refunded", "refund.failed",
)  # fmt: skip
KINDS = {"ends": ENDS, "all": ("*",)}
HOURS = {"0": 0, "1": 1, "24": 24, "168": 168}


class NameForm(FlaskForm):
    """Asks what a key is for."""

    name = StringField(
        _l("Which software is the key for?"),
        [
            InputRequired(_l("Write which software it is for.")),
            Length(max=60, message=_l("This is too long. Use fewer words.")),
        ],
        render_kw={"autocomplete": "off"},
    )


class RollForm(FlaskForm):
    """Asks how long the old key lives on beside the new one."""

    hours = RadioField(
        _l("How long does the old key work beside the new one?"),
        choices=[
            SelectChoice("24", _l("One day: time enough to change it everywhere")),
            SelectChoice("168", _l("One week")),
            SelectChoice("1", _l("One hour")),
            SelectChoice("0", _l("Not at all: somebody else may have seen it")),
        ],
        default="24",
        validators=[InputRequired(_l("Choose how long."))],
    )


class AddressForm(FlaskForm):
    """Asks for an address of the institution's software, and what it is told."""

    url = StringField(
        _l("Address of your software"),
        [
            InputRequired(_l("Write the address that is to be told.")),
            Length(max=2_000, message=_l("This is too long. Use fewer words.")),
        ],
        render_kw={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"},
    )
    kinds = RadioField(
        _l("What is it told?"),
        choices=[
            SelectChoice("ends", _l("How payments and refunds end")),
            SelectChoice("all", _l("Everything that happens")),
        ],
        default="ends",
        validators=[InputRequired(_l("Choose what it is told."))],
    )
