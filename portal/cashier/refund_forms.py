"""Forms about money that goes back."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from payments.refunds.asking import MOST_REFERENCE
from portal.errors import error_line
from portal.i18n import moment, money
from portal.pay.typed import AmountUnreadable, read_amount, read_number

OVER = "over"
_REASON = _l("Write the reason, in at most 200 letters.")


class RefundForm(FlaskForm):
    """Asks how much of which payment goes back, and why; `seen` and `seen_over` are the sums that it showed as left."""

    payment = RadioField(_l("Which payment?"), [InputRequired(_l("Choose a payment."))])
    amount = StringField(
        _l("How much goes back?"),
        [InputRequired(_l("Enter the amount.")), Length(max=30)],
        render_kw={"autocomplete": "off", "class": "short"},
    )
    why = StringField(
        _l("Why does it go back?"),
        [InputRequired(_REASON), Length(max=200, message=_REASON)],
        render_kw={"autocomplete": "off"},
    )
    account = StringField(
        _l("Bank and account of the payer"),
        [Length(max=120, message=_l("Use at most 120 letters."))],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    seen = HiddenField()
    seen_over = HiddenField()
    amount_minor: int = 0
    by_hand: frozenset[str] = frozenset()

    @property
    def seen_minor(self) -> int:
        """Return what she saw as left of what she chose; a sum that nothing has, where the page told none."""
        told = read_number((self.seen_over if self.payment.data == OVER else self.seen).data or "")
        return -1 if told is None else told

    def offer(self, left: Any, *, over_minor: int = 0) -> None:
        """Offer the payments that still hold money, the newest one chosen."""
        self.payment.choices = [
            (
                one.allocation.id,
                _("%(left)s left of %(sum)s, paid %(time)s", left=money(one.allocation.left_minor),
                  sum=money(one.allocation.amount_minor), time=moment(one.money.paid_at)),
            )
            for one in left
        ]  # fmt: skip
        self.by_hand = frozenset(one.allocation.id for one in left if one.by_hand)
        if over_minor:
            said = _("%(sum)s paid too much", sum=money(over_minor))
            self.payment.choices.append((OVER, said))
            self.by_hand |= {OVER}
        if self.payment.choices and not self.payment.data:
            self.payment.data = self.payment.choices[0][0]

    def validate_amount(self, field: StringField) -> None:
        """Read the amount, or say how to write it."""
        try:
            self.amount_minor = read_amount(field.data or "")
        except AmountUnreadable as error:
            raise ValidationError(_l("Write the amount like 450000, 450.000 or 450k.")) from error
        if self.amount_minor < 1:
            raise ValidationError(error_line("amount_invalid"))

    def validate_account(self, field: StringField) -> None:
        """Ask where to transfer it, where no gateway knows."""
        if self.payment.data in self.by_hand and not (field.data or "").strip():
            raise ValidationError(_l("Write bank, account number and holder: somebody will transfer it."))


class SentForm(FlaskForm):
    """Asks for the bank's reference of a transfer."""

    reference = StringField(
        _l("The bank's reference of the transfer"),
        [
            InputRequired(_l("Enter the reference that the bank shows.")),
            Length(max=MOST_REFERENCE, message=_l("Use at most 60 letters.")),
        ],
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
