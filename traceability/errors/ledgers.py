"""The ledger and the way of a checkpoint onto it: what passes by itself, what is refused, what a person must see."""

from traceability.errors.base import TraceabilityError


class LedgerProblem(TraceabilityError):
    """Base: the ledger did not take or find the anchor."""

    code = "ledger_problem"


class LedgerUnreachable(LedgerProblem):
    """The ledger did not answer; try again later."""

    code = "ledger_unreachable"


class LedgerRefused(LedgerProblem):
    """The ledger holds a larger size (`holds`) or refuses for good."""

    code = "ledger_refused"


class LedgerStopped(LedgerProblem):
    """The ledger shows a fault or a fork; nothing goes on before a person has looked."""

    code = "ledger_stopped"


class ContractDiffers(LedgerRefused):
    """Other code than our contract's stands at the address."""

    code = "contract_differs"


class ChainIdDiffers(LedgerStopped):
    """The node is of another chain (`found`) than the setting says (`wanted`)."""

    code = "chain_id_differs"


class ContractAbsent(LedgerStopped):
    """No code stands at the contract's address."""

    code = "contract_absent"


class ReceiptDiffers(LedgerStopped):
    """The ledger, or one of its nodes, holds something else than the receipt in hand: another block, or nothing."""

    code = "receipt_differs"


class TransactionUnknown(LedgerStopped):
    """Our account sent a transaction (`nonce`) that we do not know: somebody else has the key, or a backup is back."""

    code = "transaction_unknown"


class NoFunds(LedgerStopped):
    """The sending account cannot pay for the transaction; `needed` is in wei."""

    code = "ledger_no_funds"


class LedgerKeyUnreadable(LedgerStopped):
    """The sending key's setting is no key, and no file that holds one."""

    code = "ledger_key_unreadable"


class FeeTooLow(LedgerUnreachable):
    """No block takes a transaction at this fee."""

    code = "ledger_fee_too_low"


class NonceTaken(LedgerProblem):
    """The book has this nonce and version already."""

    code = "ledger_nonce_taken"


class AnchorMove(TraceabilityError):
    """An anchor cannot go from this state to that one."""

    code = "anchor_move"


class AnchorLeaseLost(TraceabilityError):
    """Another worker has taken over this anchor since it was claimed."""

    code = "anchor_lease_lost"
