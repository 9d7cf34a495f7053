"""Forms of teams."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from portal.errors import error_line
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.forms import PlaceForm, StepForm
from portal.onboarding.validators import parse_name, plain
from portal.people.forms import PhoneForm

_TOO_LONG = _l("This is too long. Use fewer words.")


class TeamForm(PlaceForm):
    """Asks for a new team: its name, its commune, its hamlet."""

    name = StringField(
        _l("What is the team called?"),
        validators=[InputRequired(_l("Enter the team's name.")), Length(max=120, message=_TOO_LONG)],
        render_kw={"autocomplete": "off"},
    )
    place = StringField(
        _l("In which commune or ward?"),
        validators=[InputRequired(_l("Enter the name of the commune or ward.")), Length(max=100, message=_TOO_LONG)],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )

    def validate_name(self, field: StringField) -> None:
        """Hold that something is left of the name."""
        if len(plain(field.data or "")) < 2:
            raise ValidationError(error_line("team.name"))


class MemberForm(PhoneForm):
    """Asks for somebody who joins a team."""

    name = StringField(
        _l("What is the member's name?"),
        validators=[InputRequired(_l("Enter the name as on the ID card."))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    phone = StringField(
        _l("What is the member's own phone number?"),
        validators=[InputRequired(_l("Enter the phone number.")), Length(max=40)],
    )
    role = RadioField(
        _l("What is the member's role?"),
        choices=[
            SelectChoice("leader", _l("Team leader")),
            SelectChoice("deputy", _l("Deputy leader")),
            SelectChoice("member", _l("Member")),
        ],
        default="member",
        validators=[InputRequired(_l("Choose one of the roles."))],
    )
    parsed_name = ""

    def validate_name(self, field: StringField) -> None:
        """Read the name, or say what is wrong with it."""
        try:
            self.parsed_name = parse_name(field.data or "")
        except AnswerRefused as error:
            raise ValidationError(error_line(error.code, **error.fields)) from error


class HouseholdPhoneForm(PhoneForm):
    """Asks for the phone of the household that is helped."""

    phone = StringField(
        _l("What is the household's own phone number?"),
        validators=[InputRequired(_l("Enter the phone number.")), Length(max=40)],
    )


class NewPhoneForm(PhoneForm):
    """Asks for another contact phone of a household."""

    phone = StringField(
        _l("What is the new contact number?"),
        validators=[InputRequired(_l("Enter the phone number.")), Length(max=40)],
    )


class HamletForm(StepForm):
    """Asks for the hamlet; the commune is the team's."""

    unit_id = ""
    commune = ""
    hamlet = StringField(
        _l("Which hamlet does the household live in?"),
        validators=[Length(max=80, message=_TOO_LONG)],
        render_kw={"autocomplete": "off"},
    )

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Show the hamlet that was typed, or the one of the household before."""
        self.hamlet.data = (answers.get("place") or {}).get("hamlet") or ""

    def answer(self) -> dict[str, Any]:
        """Return the team's commune with the hamlet."""
        hamlet = plain(self.hamlet.data or "")
        place = {"raw": self.commune, "unit": self.unit_id, "hamlet": hamlet, "confidence": "exact"}
        return {"place": place, "place_query": {"raw": self.commune, "hamlet": hamlet}}


class ReviewForm(FlaskForm):
    """Asks an officer what was found out about a flag."""

    note = TextAreaField(
        _l("What did you find out?"),
        validators=[InputRequired(_l("Write what you found out.")), Length(max=500, message=_TOO_LONG)],
    )
