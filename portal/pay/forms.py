"""The forms of the public: a receipt's number and word, and the sum for a link."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField, IntegerField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange

from payments.money import LEAST_MINOR, MOST_MINOR
from payments.v1.fields import DROPDOWN, NUMERIC, answered
from payments.v1.fields import Field as Kept
from payments.v1.links import Line
from portal.i18n import money
from portal.pay.typed import AmountUnreadable, read_amount

_QUESTION = "ask_"
_PROBLEMS = {
    "missing": _l("Answer this question."),
    "too_long": _l("Write at most 255 characters, in one line."),
    "not_digits": _l("Write digits only."),
    "not_offered": _l("Choose one of the answers."),
}


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


class VisitForm(FlaskForm):
    """Asks what a link or a session wants to know; the guard of the page stands for a token."""

    class Meta:
        """Go without a token."""

        csrf = False

    form_id = HiddenField(validators=[InputRequired(), Length(max=64)])
    asked: Sequence[Kept] = ()
    lines: Sequence[Line] = ()

    @property
    def filled(self) -> list[Kept]:
        """Return the questions with their answers."""
        return answered(self.asked, self._given())[0]

    @property
    def questions(self) -> list[Field]:
        """Return what is asked beside the sum, in order."""
        return [self[_QUESTION + one["key"]] for one in self.asked]

    @property
    def quantities(self) -> dict[str, int]:
        """Return how many of each line the payer wants, by the line's id."""
        return {one.line.id: int(self[one.line.id].data) for one in self.lines}

    def how_many(self, line_id: str) -> Field:
        """Return the question how many of a line."""
        return self[line_id]

    def refuse_sum(self) -> None:
        """Say that what was chosen comes to a sum that nobody can be asked for."""
        least, most = money(LEAST_MINOR), money(MOST_MINOR)
        self.form_errors.append(_("Choose so that the sum is from %(least)s to %(most)s.", least=least, most=most))

    @property
    def said(self) -> list[tuple[str, str]]:
        """Return the questions that were answered with their answers, in words."""
        labels = ({choice.value: choice.label for choice in getattr(one, "choices", ())} for one in self.questions)
        asked = zip(self.questions, labels, strict=True)
        return [(str(one.label.text), str(label.get(one.data, one.data))) for one, label in asked if one.data]

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Say of each answer that cannot be taken what is wrong with it."""
        good = bool(super().validate(extra_validators))
        wrong = answered(self.asked, self._given())[1]
        for key, problem in wrong.items():
            field = self[_QUESTION + key]
            field.errors = [*field.errors, _PROBLEMS[problem]]
        return good and not wrong

    def _given(self) -> dict[str, str]:
        return {one["key"]: self[_QUESTION + one["key"]].data or "" for one in self.asked}


class LinkForm(VisitForm):
    """Asks also for a sum where the payer chooses it."""

    amount = StringField(_l("How much do you want to pay?"), render_kw={"autocomplete": "off"})
    amount_minor: int | None = None

    def __init__(self, *args: Any, bounds: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Keep between which sums one may lie; None where the link has its own."""
        super().__init__(*args, **kwargs)
        self._bounds = bounds

    @property
    def typed(self) -> list[tuple[str, str]]:
        """Return the sum and the answers by their fields' names, to be sent once more."""
        return [(one.name, one.data or "") for one in (self.amount, *self.questions)]

    def validate_amount(self, field: StringField) -> None:
        """Read the sum, or say how to write it and between what."""
        if self._bounds is None:
            return
        try:
            self.amount_minor = read_amount(field.data or "")
        except AmountUnreadable as error:
            raise ValidationError(_("Write the amount like 450000, 450.000 or 450k.")) from error
        least, most = self._bounds["minimum"], self._bounds["maximum"]
        if not least <= self.amount_minor <= most:
            said = _("Enter a sum from %(least)s to %(most)s.", least=money(least), most=money(most))
            raise ValidationError(said)


def visit_form(fields: Sequence[Kept] | None, lines: Sequence[Line] = ()) -> type[VisitForm]:
    """Return the form of a session: its questions, and how many of what may be chosen."""
    return type("SessionForm", (VisitForm,), _asking(fields, lines))


def link_form(fields: Sequence[Kept] | None, lines: Sequence[Line]) -> type[LinkForm]:
    """Return the form of a link: its questions, and how many of what may be chosen."""
    return type("OwnLinkForm", (LinkForm,), _asking(fields, lines))


def _asking(fields: Sequence[Kept] | None, lines: Sequence[Line]) -> dict[str, Any]:
    adjustable = [one for one in lines if one.line.adjustable is not None]
    counts = {one.line.id: _count(one) for one in adjustable}
    return {"asked": tuple(fields or ()), "lines": adjustable, **_questions(fields), **counts}


def _questions(fields: Sequence[Kept] | None) -> dict[str, Any]:
    return {_QUESTION + one["key"]: _question(one) for one in fields or ()}


def _question(one: Kept) -> Any:
    label = one["label"]["custom"]
    label = _l("%(question)s (not required)", question=label) if one["optional"] else label
    if one["type"] != DROPDOWN:
        digits = {"inputmode": "numeric"} if one["type"] == NUMERIC else {}
        return StringField(label, render_kw={"autocomplete": "off", **digits})
    offered = [SelectChoice(option["value"], option["label"]) for option in one[DROPDOWN]["options"]]
    return SelectField(label, choices=[SelectChoice("", _l("Choose")), *offered], validate_choice=False)


def _count(one: Line) -> Any:
    bounds = one.line.adjustable or {}
    least, most = bounds["minimum"], bounds["maximum"]
    said = _l("Enter a number from %(least)s to %(most)s.", least=least, most=most)
    return IntegerField(
        _l("How many: %(name)s", name=one.product.name), [InputRequired(said), NumberRange(least, most, said)],
        default=one.line.quantity, render_kw={"inputmode": "numeric", "min": least, "max": most},
    )  # fmt: skip
