"""The errors of this library, each with a code and fields for the caller's sentence.

PaymentsError
├── AmountError
│   ├── AmountInvalid          amount_invalid
│   ├── AmountTooSmall         amount_too_small
│   ├── AmountTooLarge         amount_too_large
│   └── CurrencyMixed          currency_mixed
├── Missing
│   ├── PayeeUnknown           payee_unknown
│   ├── FeedUnknown            feed_unknown
│   ├── RequestUnknown         request_unknown
│   ├── AttemptUnknown         attempt_unknown
│   ├── NoticeUnknown          notice_unknown
│   └── ReceiptUnknown         receipt_unknown
├── Refused
│   ├── IllegalTransition      illegal_transition
│   ├── PayeeInvalid           payee_invalid
│   ├── PayeeExists            payee_exists
│   ├── PrefixTaken            prefix_taken
│   ├── FeedExists             feed_exists
│   ├── TextMissing            text_missing
│   ├── ExpiryPassed           expiry_passed
│   ├── FormReused             form_reused
│   ├── AlreadyAsked           already_asked
│   ├── CodesUsedUp            codes_used_up
│   ├── RequestNotOpen         request_not_open
│   ├── RequestBegun           request_begun
│   ├── LinkClosed             link_closed
│   ├── GatewayNotEnabled      gateway_not_enabled
│   ├── KeyReused              key_reused
│   ├── LeaseLost              lease_lost
│   ├── NotPaid                not_paid
│   └── ReasonMissing          reason_missing
├── JournalError
│   ├── MovementUnbalanced     movement_unbalanced
│   ├── MovementDiffers        movement_differs
│   └── BalanceTooLow          balance_too_low
├── GatewayError
│   ├── NoAnswer               gateway_no_answer
│   │   ├── BadAnswer              gateway_bad_answer
│   │   └── GatewayMisconfigured   gateway_misconfigured
│   ├── ProviderRefused        gateway_refused
│   ├── GatewayResting         gateway_resting
│   └── NotSupported           gateway_not_supported
└── VietQrRefused              the code of the first rule that failed: bad_crc, bad_header, bad_length,
                               duplicate_tag, missing_tag, not_vietqr, bad_account, bad_currency,
                               bad_country, bad_amount, text_too_long, bad_text
"""

from __future__ import annotations


class PaymentsError(Exception):
    """Any refusal of this library."""

    code: str = "payments_error"

    def __init__(self, **fields: object) -> None:
        """Keep the figures that a sentence may need; never a secret and never a payer's text."""
        self.fields: dict[str, object] = fields
        super().__init__(self.code, fields)


class AmountError(PaymentsError):
    """A sum of money that cannot be taken."""


class AmountInvalid(AmountError):
    """Not a whole number of minor units."""

    code = "amount_invalid"


class AmountTooSmall(AmountError):
    """Below the least that may be asked for; field least_minor."""

    code = "amount_too_small"


class AmountTooLarge(AmountError):
    """Above the most that may be asked for; field most_minor."""

    code = "amount_too_large"


class CurrencyMixed(AmountError):
    """Two currencies in one sum."""

    code = "currency_mixed"


class Missing(PaymentsError):
    """An id that names nothing here."""


class PayeeUnknown(Missing):
    """No such payee."""

    code = "payee_unknown"


class FeedUnknown(Missing):
    """No such live feed."""

    code = "feed_unknown"


class RequestUnknown(Missing):
    """No such request."""

    code = "request_unknown"


class AttemptUnknown(Missing):
    """No such attempt."""

    code = "attempt_unknown"


class NoticeUnknown(Missing):
    """No such stored notice."""

    code = "notice_unknown"


class ReceiptUnknown(Missing):
    """No such receipt, or the check word is not its own."""

    code = "receipt_unknown"


class Refused(PaymentsError):
    """Understood, but not allowed now."""


class IllegalTransition(Refused):
    """A pair that the table of states does not list; fields table, from_status, to_status."""

    code = "illegal_transition"


class PayeeInvalid(Refused):
    """A payee's bank, account, holder or prefix is not usable; field names which."""

    code = "payee_invalid"


class PayeeExists(Refused):
    """The bank account belongs to a payee already."""

    code = "payee_exists"


class PrefixTaken(Refused):
    """Another payee that a gateway finds by codes alone begins its codes alike; prefix names how."""

    code = "prefix_taken"


class FeedExists(Refused):
    """The account has a live feed already."""

    code = "feed_exists"


class TextMissing(Refused):
    """A text that the payer must see is empty or too long; field names which."""

    code = "text_missing"


class ExpiryPassed(Refused):
    """The time until which to pay is not in the future."""

    code = "expiry_passed"


class FormReused(Refused):
    """The same form was sent with other figures; field request_id."""

    code = "form_reused"


class AlreadyAsked(Refused):
    """This subject was asked for this item and period already; field request_id."""

    code = "already_asked"


class CodesUsedUp(Refused):
    """The payee has no payment code left under its prefix."""

    code = "codes_used_up"


class RequestBegun(Refused):
    """Somebody began to pay: the sum stays as it is."""

    code = "request_begun"


class RequestNotOpen(Refused):
    """The request takes no new attempt; fields request_id, status."""

    code = "request_not_open"


class LinkClosed(Refused):
    """The link takes no more payments; field link_id."""

    code = "link_closed"


class GatewayNotEnabled(Refused):
    """The payee does not take money this way."""

    code = "gateway_not_enabled"


class KeyReused(Refused):
    """The attempt's key was used with another gateway or amount."""

    code = "key_reused"


class LeaseLost(Refused):
    """Somebody else holds this work now."""

    code = "lease_lost"


class NotPaid(Refused):
    """A receipt was asked for before the request was paid."""

    code = "not_paid"


class ReasonMissing(Refused):
    """An act that needs a written reason came without one."""

    code = "reason_missing"


class JournalError(PaymentsError):
    """A movement that the books refuse."""


class MovementUnbalanced(JournalError):
    """Debits and credits differ, or there is nothing to move."""

    code = "movement_unbalanced"


class MovementDiffers(JournalError):
    """The same source was booked before with other lines."""

    code = "movement_differs"


class BalanceTooLow(JournalError):
    """An account that may not go below zero would."""

    code = "balance_too_low"


class GatewayError(PaymentsError):
    """A provider could not be used."""


class NoAnswer(GatewayError):
    """The outcome of a call is not known; field reason."""

    code = "gateway_no_answer"


class BadAnswer(NoAnswer):
    """An answer that is not the documented shape, or not authentic: as good as none."""

    code = "gateway_bad_answer"


class GatewayMisconfigured(NoAnswer):
    """The provider says that our terminal or key is wrong: an alarm, and no answer."""

    code = "gateway_misconfigured"


class GatewayResting(GatewayError):
    """It has not answered several calls and is not called for a while; field gateway."""

    code = "gateway_resting"


class ProviderRefused(GatewayError):
    """The provider said a definite no; fields reason and gateway. A reason of MISCONFIGURED is an alarm."""

    code = "gateway_refused"


class NotSupported(GatewayError):
    """The provider has no such call."""

    code = "gateway_not_supported"


class VietQrRefused(PaymentsError):
    """A VietQR text that cannot be written or trusted; the code says which rule."""

    def __init__(self, code: str, **fields: object) -> None:
        """Take the code of the first rule that failed."""
        self.code = code
        super().__init__(**fields)
