"""What cashless points add to the subjects below: a payee's home goes where its institution's goes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.cashier.models import PayeeOwner
from portal.onboarding.questions import add_followers


def bind() -> None:
    """Register everything; again changes nothing."""
    add_followers("payees", payees_of)


def payees_of(session: Session, organisation_ids: Sequence[str]) -> list[str]:
    """Return the payees of organisations."""
    query = select(PayeeOwner.payee_id).where(among(session, PayeeOwner.organisation_id, organisation_ids))
    return list(session.scalars(query))
