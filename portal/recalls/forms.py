"""Forms of recalls: what is wrong and what buyers should do, which stamps, why it ends, and an officer's search."""

import uuid
from datetime import datetime

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateTimeLocalField, Field, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.errors import error_line
from portal.i18n import ZONE
from portal.recalls.actions import CONTACT_LENGTH, INSTRUCTION_LENGTH, Danger
from portal.stamps.forms import RangeForm
from portal.world import current_world

TOO_LONG = _l("This is too long. Use fewer words.")


class DangerForm(FlaskForm):
    """Asks what buyers should do, whom they call, and when the danger was found."""

    instruction = TextAreaField(
        _l("What should buyers do?"),
        validators=[
            InputRequired(_l("Write down what buyers should do with the goods.")),
            Length(max=INSTRUCTION_LENGTH, message=TOO_LONG),
        ],
        description=_l("For example: Bring it back to where you bought it. You get your money back."),
    )
    contact = StringField(
        _l("Whom can buyers call?"),
        validators=[
            InputRequired(_l("Enter a telephone number that buyers can call.")),
            Length(max=CONTACT_LENGTH, message=TOO_LONG),
        ],
        description=_l("Everybody who scans a stamp sees this number."),
    )
    found_at = DateTimeLocalField(
        _l("When was it found?"), validators=[InputRequired(_l("Enter the day and the hour."))],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )  # fmt: skip
    client_id = HiddenField(default=lambda: str(uuid.uuid4()))

    def validate_found_at(self, field: Field) -> None:
        """Refuse a time that has not come."""
        if field.data is not None and _utc(field.data) > current_world().clock.now():
            raise ValidationError(error_line("recall.found_later"))

    def danger(self) -> Danger:
        """Return what was said; only after the form was found valid."""
        return Danger(
            instruction=self.instruction.data or "", contact=self.contact.data or "",
            found_at=_utc(self.found_at.data), client_id=self.made_once(),
        )  # fmt: skip

    def made_once(self) -> str | None:
        """Return the id that the page was made with; a text that is none protects from nothing."""
        try:
            return str(uuid.UUID(self.client_id.data or ""))
        except ValueError:
            return None


def _utc(local: datetime | None) -> datetime:
    if local is None:
        raise ValueError("a form that was not found valid")
    return local.replace(tzinfo=ZONE)


def local_now() -> datetime:
    """Return the present as a field shows it."""
    return current_world().clock.now().astimezone(ZONE).replace(tzinfo=None, second=0, microsecond=0)


class StampsDangerForm(DangerForm, RangeForm):
    """The same for stamps first..last of a batch."""


class CloseForm(FlaskForm):
    """Asks why a recall ends."""

    note = StringField(
        _l("Why does the recall end?"),
        validators=[InputRequired(_l("Write down why the recall ends.")), Length(max=300, message=TOO_LONG)],
    )


class FindForm(FlaskForm):
    """Asks an officer which goods."""

    code = StringField(
        _l("Lot number, or the code on a stamp"),
        validators=[InputRequired(_l("Enter a lot number or the code of a stamp.")), Length(max=60, message=TOO_LONG)],
        render_kw={"autocomplete": "off"},
    )
