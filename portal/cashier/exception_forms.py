"""Forms about money that waits for a person."""

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from payments.models import Allocation, Transaction
from portal.i18n import moment, money

_TOO_MUCH = "over:"
_REASON = _l("Write the reason, in at most 200 letters.")


class FindForm(FlaskForm):
    """Asks which request's payments are looked at; it only leads there."""

    code = StringField(
        _l("Matched to the wrong payment? Enter that payment's code"),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "short"},
    )


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


class WrongMatchForm(UndoForm):
    """Asks which payment of a request is taken from it again, and why."""

    payment = RadioField(_l("Which of them?"), [InputRequired(_l("Choose a payment."))])

    @property
    def too_much_of(self) -> str | None:
        """Return the transaction of which only what is too much is taken away, or None: a payment is."""
        chosen = str(self.payment.data)
        return chosen.removeprefix(_TOO_MUCH) if chosen.startswith(_TOO_MUCH) else None

    def offer(
        self, paid: Sequence[tuple[Allocation, Transaction]], too_much: Sequence[tuple[Transaction, int]] = ()
    ) -> None:
        """Offer the payments of which nothing has gone back, and what was too much; a single one is chosen."""
        self.payment.choices = [
            (one.id, _("%(sum)s, came %(time)s", sum=money(one.amount_minor), time=moment(came.paid_at)))
            for one, came in paid
            if not one.refunded_minor
        ]
        self.payment.choices += [
            (
                _TOO_MUCH + came.id,
                _("Only what is too much: %(sum)s, came %(time)s", sum=money(over), time=moment(came.paid_at)),
            )
            for came, over in too_much
        ]
        if len(self.payment.choices) == 1 and not self.payment.data:
            self.payment.data = self.payment.choices[0][0]


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
