"""The register as lists: for officers within reach, for everybody what holds today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.crypto import FieldKeys
from portal.onboarding.actions import agrees
from portal.onboarding.models import Organisation
from portal.onboarding.officers import reachable
from portal.onboarding.persons import seller_name
from portal.onboarding.places import place_name
from portal.paging import Page
from portal.registers.actions import SAFE_CHAIN, SOON, holds_on
from traceability.models import TraceCertificate

ROWS = 50
SHOWS = ("all", "valid", "soon", "ended")
KIND_WORDS: Mapping[str, Any] = {
    SAFE_CHAIN: _l("Safe food chain"),
    "food_safety": _l("Food safety"),
    "vietgap": _l("VietGAP"),
    "globalgap": _l("GlobalG.A.P."),
    "haccp": _l("HACCP"),
    "iso_22000": _l("ISO 22000"),
    "organic": _l("Organic farming"),
    "ocop": _l("OCOP"),
}


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One certificate with who and where; it stands valid, soon (ending), later, ended or withdrawn."""

    row: TraceCertificate
    name: str
    place: str
    reference: str
    standing: str

    @property
    def kind(self) -> Any:
        """Return the kind in words."""
        return KIND_WORDS.get(self.row.kind, self.row.kind)


def standing_of(row: TraceCertificate, today: date) -> str:
    """Say how a certificate stands on a day. Pure."""
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.valid_from > today:
        return "later"
    if row.valid_to is None:
        return "valid"
    if row.valid_to < today:
        return "ended"
    return "soon" if row.valid_to < today + SOON else "valid"


def _shown(show: str, today: date) -> ColumnElement[bool]:
    if show == "valid":
        return holds_on(today)
    if show == "soon":
        return holds_on(today) & TraceCertificate.valid_to.is_not(None) & (TraceCertificate.valid_to < today + SOON)
    if show == "ended":
        return or_(TraceCertificate.withdrawn_at.is_not(None), TraceCertificate.valid_to < today)
    return true()


def register_query(
    session: Session, acting: Acting, *, show: str, text: str, today: date
) -> Select[TraceCertificate, Organisation]:
    """Select certificates with their establishments within an officer's reach, what ends next on top."""
    query = select(TraceCertificate, Organisation).join(Organisation, Organisation.id == TraceCertificate.establishment)
    query = query.where(reachable(session, acting), _shown(show, today))
    if text:
        like = f"%{text.lower().replace('%', '')}%"
        query = query.where(
            or_(
                func.lower(TraceCertificate.number).like(like), func.lower(TraceCertificate.issuer).like(like),
                func.lower(Organisation.public_name).like(like), func.lower(Organisation.reference).like(like),
            )
        )  # fmt: skip
    return query.order_by(TraceCertificate.valid_to.is_(None), TraceCertificate.valid_to, TraceCertificate.id)


def page_of(
    session: Session, query: Select[TraceCertificate, Organisation], *, asked: int, today: date, keys: FieldKeys
) -> Page[PaperLine]:
    """Return one page of the register."""
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery("found"))) or 0
    page: Page[PaperLine] = Page(asked=asked, total=total, rows=ROWS)
    found = session.execute(query.limit(ROWS).offset(page.start)).all()
    return page.holding(*(_line(session, row, seller, today, keys) for row, seller in found))


def all_lines(
    session: Session, query: Select[TraceCertificate, Organisation], *, today: date, keys: FieldKeys
) -> list[PaperLine]:
    """Return the whole register for a file."""
    return [_line(session, row, seller, today, keys) for row, seller in session.execute(query.limit(10_000))]


def _line(session: Session, row: TraceCertificate, seller: Organisation, today: date, keys: FieldKeys) -> PaperLine:
    place = place_name(session, seller.current_unit_id)
    return PaperLine(row, seller_name(session, seller, keys), place, seller.reference, standing_of(row, today))


def public_lines(session: Session, *, today: date, keys: FieldKeys) -> list[PaperLine]:
    """Return the safe-chain certificates that hold today, by name; a household only while it agrees to be shown."""
    query = (
        select(TraceCertificate, Organisation)
        .join(Organisation, Organisation.id == TraceCertificate.establishment)
        .where(TraceCertificate.kind == SAFE_CHAIN, holds_on(today))
        .order_by(Organisation.public_name, TraceCertificate.id)
    )
    found = session.execute(query.limit(5_000)).all()
    return [
        _line(session, row, seller, today, keys)
        for row, seller in found
        if seller.head_person_id is None or agrees(session, seller, "public_page")
    ]


def own_lines(session: Session, organisation: Organisation, *, today: date, keys: FieldKeys) -> list[PaperLine]:
    """Return a seller's certificates, what ends next on top."""
    query = select(TraceCertificate).where(TraceCertificate.establishment == organisation.id)
    rows = session.scalars(query.order_by(TraceCertificate.valid_to.is_(None), TraceCertificate.valid_to))
    return [_line(session, row, organisation, today, keys) for row in rows]
