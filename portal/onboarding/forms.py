"""Forms of registering, one question a page; each reads its answer, and fills itself from what was answered."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, RadioField, StringField, SubmitField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from portal.errors import error_line
from portal.onboarding.answers import Option
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.places import Choice
from portal.onboarding.registering import id_answer
from portal.onboarding.validators import IdNumber, parse_id, parse_name, plain
from portal.people.forms import PhoneForm

CHOOSE = _l("Choose yes or no.")
YES_NO = [SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))]


class StepForm(FlaskForm):
    """One step of a registration."""

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Show what was answered before."""

    def answer(self) -> dict[str, Any]:
        """Return the step's answer as the draft keeps it; every step has one of its own, so here there is none."""
        raise NotImplementedError


class BeginForm(PhoneForm):
    """Asks for the phone; `draft_id` is made with the page, so that sending it twice begins one registration."""

    draft_id = HiddenField(default=lambda: str(uuid.uuid4()))


class StartForm(FlaskForm):
    """Begins a registration for somebody who is signed in already: the phone is known."""

    draft_id = HiddenField(default=lambda: str(uuid.uuid4()))


class NameForm(StepForm):
    """Asks for the name."""

    name = StringField(_l("What is your name?"), render_kw={"autocomplete": "name", "spellcheck": "false"})

    def validate_name(self, field: StringField) -> None:
        """Read the name, or say what is wrong with it."""
        try:
            self.parsed = parse_name(field.data or "")
        except AnswerRefused as error:
            raise ValidationError(error_line(error.code, **error.fields)) from error

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Show the name."""
        self.name.data = answers.get("name", "")

    def answer(self) -> dict[str, Any]:
        """Return the tidy name."""
        return {"name": self.parsed}


class IdForm(StepForm):
    """Asks for the number of the ID card; "later" is an answer too."""

    id_number = StringField(
        _l("What is the number on your ID card?"), render_kw={"inputmode": "numeric", "autocomplete": "off"}
    )
    later = SubmitField(_l("I will add it later"))
    this_year = 0
    parsed: IdNumber | None = None

    def validate_id_number(self, field: StringField) -> None:
        """Read the number, or say what is wrong with it; "later" takes none."""
        if self.later.data:
            return
        if not (field.data or "").strip():
            raise ValidationError(_l("Enter the number, or choose to add it later."))
        try:
            self.parsed = parse_id(field.data or "", this_year=self.this_year)
        except AnswerRefused as error:
            raise ValidationError(error_line(error.code, **error.fields)) from error

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Show the number that was typed in this registration."""
        self.id_number.data = (answers.get("id") or {}).get("value", "")

    def answer(self) -> dict[str, Any]:
        """Return the number with what it tells, or None for later."""
        return {"id": id_answer(self.parsed)}


class PlaceForm(StepForm):
    """Asks for commune and hamlet; where a name means several communes, for one of them."""

    place = StringField(
        _l("Which commune or ward do you live in?"),
        validators=[
            InputRequired(_l("Enter the name of your commune or ward.")),
            Length(max=100, message=_l("This is too long. Use fewer words.")),
        ],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    unit = RadioField(_l("Which of these is it?"), validate_choice=False)
    hamlet = StringField(
        _l("Which hamlet?"),
        validators=[Length(max=80, message=_l("This is too long. Use fewer words."))],
        render_kw={"autocomplete": "off"},
    )
    asked = HiddenField()

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Show the place as it was written."""
        written = answers.get("place_query") or answers.get("place") or {}
        self.place.data, self.hamlet.data = written.get("raw", ""), written.get("hamlet") or ""

    def typed(self) -> dict[str, str]:
        """Return place and hamlet as they were written."""
        return {"raw": plain(self.place.data or ""), "hamlet": plain(self.hamlet.data or "")}

    def was_offered(self) -> bool:
        """Say whether the choices of this very text were on the page."""
        return plain(self.asked.data or "") == self.typed()["raw"]

    def offer(self, found: Sequence[Choice]) -> None:
        """Show the communes that the text may mean."""
        self.unit.choices = [SelectChoice(one.unit_id, _label(one)) for one in found]
        self.asked.data = self.typed()["raw"]

    def chosen(self, found: Sequence[Choice]) -> Choice | None:
        """Return the commune that was chosen from the page, or the only one that the text means."""
        picked = next((one for one in found if one.unit_id == self.unit.data), None) if self.was_offered() else None
        return found[0] if picked is None and len(found) == 1 else picked

    def say_which(self, found: Sequence[Choice]) -> None:
        """Say at its field what is missing: a choice, or a name that is known."""
        if found:
            self.offer(found)
            self.unit.errors = [_("Choose your commune or ward.")]
        else:
            self.place.errors = [_("We find no commune with this name. Type the name alone, without the street.")]


def _label(one: Choice | Option) -> str:
    place = f"{one.name}, {one.within}"
    return _("%(place)s (was: %(old)s)", place=place, old=one.formerly) if one.formerly else place


class GrownForm(StepForm):
    """Asks what is grown, how much and when."""

    grown = TextAreaField(
        _l("What do you grow or make to sell?"),
        validators=[
            InputRequired(_l("Write what you grow or make.")),
            Length(max=300, message=_l("This is too long. Use fewer words.")),
        ],
    )

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Show what is grown."""
        self.grown.data = answers.get("grown", "")

    def answer(self) -> dict[str, Any]:
        """Return what is grown, in one line."""
        return {"grown": plain(self.grown.data or "")}


class SellingForm(StepForm):
    """Asks how food is kept safe, and whether a bank transfer can be taken."""

    food_safety = RadioField(
        _l("How is your food kept safe?"),
        choices=[
            SelectChoice("certificate", _l("I have a certificate")),
            SelectChoice("commitment", _l("I am a small producer and promise to keep food safe")),
            SelectChoice("not_yet", _l("I have neither yet")),
        ],
        validators=[InputRequired(_l("Choose one of the answers."))],
    )
    payment = RadioField(_l("Can you be paid by bank transfer?"), choices=YES_NO, validators=[InputRequired(CHOOSE)])

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Show both answers."""
        known = answers.get("selling")
        if known:
            self.food_safety.data = known["food_safety"]
            self.payment.data = "yes" if known["payment"] else "no"

    def answer(self) -> dict[str, Any]:
        """Return both answers."""
        return {"selling": {"food_safety": self.food_safety.data, "payment": self.payment.data == "yes"}}


class ConsentsForm(StepForm):
    """Asks for each consent by itself: nothing is ticked before, and silence is no answer."""

    language = "vi"

    @classmethod
    def asking(cls, texts: Mapping[str, Any]) -> type["ConsentsForm"]:
        """Return the form with one question for each purpose; `texts` maps it to its words."""
        asked: dict[str, Field] = {
            field_name(purpose): RadioField(text, choices=YES_NO, validators=[InputRequired(CHOOSE)])
            for purpose, text in texts.items()
        }
        return type("AskedConsentsForm", (cls,), {**asked, "purposes": tuple(texts)})

    def fill(self, answers: Mapping[str, Any]) -> None:
        """Show what was answered."""
        for purpose, agreed in (answers.get("consents") or {}).items():
            if field_name(purpose) in self:
                self[field_name(purpose)].data = "yes" if agreed else "no"

    def answer(self) -> dict[str, Any]:
        """Return each purpose with its yes or no, and the language in which it was read."""
        purposes: tuple[str, ...] = getattr(self, "purposes", ())
        given = {purpose: self[field_name(purpose)].data == "yes" for purpose in purposes}
        return {"consents": given, "language": self.language}


class AnswerForm(PlaceForm):
    """Asks in which commune of today a record lies: from what may be answered, or, where nothing is, by a typed name.

    `whom` says whether one answer is for all records of the hamlet.
    """

    hamlet = None  # it is known
    unit = RadioField(_l("Which commune or ward is it today?"), validate_choice=False)
    whom = RadioField(_l("For whom is this the answer?"), validate_choice=False)

    def offer_answers(self, found: Sequence[Option]) -> None:
        """Show what may be answered instead of asking for a name."""
        del self.place
        self.unit.choices = [SelectChoice(one.value, _label(one)) for one in found]

    def offer_hamlet(self, hamlet: str, count: int) -> None:
        """Ask whether the answer is for all records of the hamlet."""
        every = _("All %(count)s records of %(hamlet)s", count=count, hamlet=hamlet)
        self.whom.choices = [SelectChoice("one", _("This record only")), SelectChoice("hamlet", every)]

    def typed(self) -> dict[str, str]:
        """Return the place as it was written."""
        return {"raw": plain(self.place.data or "")}

    def complete(self) -> bool:
        """Say at its field what was not chosen from what the page offers."""
        which, whom = _("Choose the commune or ward."), _("Choose for whom the answer is.")
        for field, missing in ((self.unit, which), (self.whom, whom)):
            if field.choices and field.data not in [choice.value for choice in field.choices]:
                field.errors = [missing]
        return not self.unit.errors and not self.whom.errors


class ReturnForm(FlaskForm):
    """Asks an officer what the household must put right."""

    note = TextAreaField(
        _l("What must the household put right?"),
        validators=[
            InputRequired(_l("Write what must be put right.")),
            Length(max=500, message=_l("This is too long. Use fewer words.")),
        ],
    )


class ClaimForm(FlaskForm):
    """Asks an officer whether a household on a list is the owner's who asks for it."""

    whose = RadioField(
        _l("Is it this person's household?"), choices=YES_NO, validators=[InputRequired(CHOOSE)]
    )  # fmt: skip
    note = TextAreaField(
        _l("How do you know?"),
        validators=[
            InputRequired(_l("Write how you know it.")),
            Length(max=500, message=_l("This is too long. Use fewer words.")),
        ],
    )


def field_name(purpose: str) -> str:
    """Return the form's name of a purpose."""
    return purpose.replace(":", "_")
