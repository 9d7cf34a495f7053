"""The rest of an advance on its way back: an account that two have looked at, a refund that two agree to."""

from datetime import datetime

from sqlalchemy.orm import Session

from payments import Wanted, advances
from payments.models import Refund
from portal.acting import Acting
from portal.crypto import FieldKeys
from portal.errors import Refused
from portal.hospital.actions import owing, own_stay, tell
from portal.hospital.errors import AccountMissing, AccountUnchecked, ChargesOpen
from portal.hospital.models import Stay
from portal.pay.refunding import SEALED_AT, follow_asked
from portal.pay.wiring import refund_ways
from portal.world import current_world

MOST_ACCOUNT = 120
_PLACE = "hospital_stay.account."


def note_account(
    session: Session, *, now: datetime, acting: Acting, stay_id: str, account: str, keys: FieldKeys
) -> Stay:
    """Write down where the rest goes: bank, number and holder; whoever checked an earlier one checks again."""
    stay, account = own_stay(session, acting, stay_id, lock=True), " ".join(account.split())
    if not 0 < len(account) <= MOST_ACCOUNT:
        raise AccountMissing
    stay.account_sealed, stay.account_by = keys.seal(account, place=_PLACE + stay.id), acting.actor
    stay.checked_by, stay.checked_at = None, None
    tell(session, now, acting, "stay.account_noted", stay, stay.id)
    return stay


def check_account(session: Session, *, now: datetime, acting: Acting, stay_id: str) -> Stay:
    """Say that the account is the patient's or the payer's own; never who wrote it down. Raises `AccountMissing`."""
    stay = own_stay(session, acting, stay_id, lock=True)
    if stay.account_sealed is None:
        raise AccountMissing
    if stay.account_by == acting.actor:
        raise Refused
    stay.checked_by, stay.checked_at = acting.actor, now
    tell(session, now, acting, "stay.account_checked", stay, stay.id)
    return stay


def account_of(stay: Stay, keys: FieldKeys) -> str | None:
    """Return the account that was written down, if one was."""
    return keys.open(stay.account_sealed, place=_PLACE + stay.id) if stay.account_sealed else None


def give_back(session: Session, *, now: datetime, acting: Acting, stay_id: str, seen_minor: int) -> tuple[Refund, ...]:
    """Ask that all that is left of a stay's advances goes back to its checked account; a second person agrees.

    Raises `ChargesOpen`, `AccountUnchecked`, CreditEmpty or RefundableChanged.
    """
    world, stay = current_world(), own_stay(session, acting, stay_id, lock=True)
    if stay.discharged_at is None or owing(session, stay):
        raise ChargesOpen
    account = account_of(stay, world.field_keys)
    if account is None or stay.checked_at is None:
        raise AccountUnchecked
    wanted = Wanted(why=f"Trả lại tạm ứng · {stay.code}", expected_minor=seen_minor, by_hand=True, second=True)
    made = advances.ask_return(
        session, payee_id=stay.payee, subject_ref=stay.id, wanted=wanted, ways=refund_ways(world), now=now,
        actor=acting.actor,
    )  # fmt: skip
    for row in made:
        row.sealed_to = world.field_keys.seal(account, place=f"{SEALED_AT}{row.request_id}")
        follow_asked(session, now=now, acting=acting, row=row)
    return made
