"""What the market shows: goods on sale of approved sellers who agreed to a public page; found with or without marks.

Words match at their beginning, all must match, and products that have the very marks that were typed come first.
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, or_, select
from sqlalchemy.orm import Session

from portal.catalogue.models import Product
from portal.onboarding.models import SELLER_KINDS, Organisation
from portal.people.models import Consent
from portal.places.names import fold, tidy

PAGE = 24
MOST_WORDS = 8
MOST_SIGNS = 100


@dataclass(frozen=True, slots=True)
class Shelf:
    """One page of products with their sellers; `after` leads to the next page, None on the last."""

    rows: list[tuple[Product, Organisation]]
    after: str | None


def folded_text(*parts: str) -> str:
    """Return the words without marks, each with a space before it, so that beginnings of words can be found."""
    return (" " + fold(" ".join(parts)))[:400]


def exact_text(*parts: str) -> str:
    """Return the words with their marks, lower case, each with a space before it."""
    return (" " + " ".join(_words(" ".join(parts))))[:400]


def _words(text: str) -> list[str]:
    return re.sub(r"[\W_]+", " ", tidy(text).casefold()).split()


def public_seller() -> ColumnElement[bool]:
    """Return the condition on sellers whom everybody may see."""
    agreed = exists().where(
        Consent.person_id == Organisation.head_person_id,
        Consent.purpose == "public_page",
        Consent.withdrawn_at.is_(None),
    )
    return and_(
        Organisation.state == "approved",
        Organisation.kind.in_(SELLER_KINDS),
        or_(Organisation.head_person_id.is_(None), agreed),
    )


def shelf(session: Session, text: str = "", *, after: str | None = None) -> Shelf:
    """Return one page of what is on sale, in three statements: exact marks first, then the newest."""
    words = fold(text[:MOST_SIGNS]).split()[:MOST_WORDS]
    exact_words = _words(text[:MOST_SIGNS])[:MOST_WORDS]
    rank = _rank(exact_words) if words else case((Product.state == "active", 0), else_=1)
    query = select(Product, Organisation, rank).join(Organisation, Organisation.id == Product.organisation_id)
    query = query.where(_on_sale(), *(Product.search_folded.contains(" " + word, autoescape=True) for word in words))
    last = _read_cursor(after)
    if last is not None:
        last_rank, last_at, last_id = last
        later = or_(Product.updated_at < last_at, and_(Product.updated_at == last_at, Product.id > last_id))
        query = query.where(or_(rank > last_rank, and_(rank == last_rank, later)))
    found = session.execute(query.order_by(rank, Product.updated_at.desc(), Product.id).limit(PAGE + 1)).all()
    rows = [(product, seller) for product, seller, _rank_ in found[:PAGE]]
    end = found[PAGE - 1] if len(found) > PAGE else None
    return Shelf(rows, _cursor(end[2], end[0]) if end is not None else None)


def on_sale(session: Session, product_id: str) -> tuple[Product, Organisation] | None:
    """Return a product that everybody may see, with its seller."""
    joined = select(Product, Organisation).join(Organisation, Organisation.id == Product.organisation_id)
    row = session.execute(joined.where(Product.id == product_id, _on_sale())).one_or_none()
    return (row[0], row[1]) if row is not None else None


def _on_sale() -> ColumnElement[bool]:
    return and_(Product.state == "active", public_seller())


def _rank(exact_words: list[str]) -> ColumnElement[int]:
    """Return 0 for a product that has every word with the very marks that were typed, 1 for any other."""
    return case((and_(*(Product.search_exact.contains(" " + w, autoescape=True) for w in exact_words)), 0), else_=1)


def _cursor(rank: int, product: Product) -> str:
    raw = json.dumps([rank, product.updated_at.isoformat(), product.id])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read_cursor(text: str | None) -> tuple[int, datetime, str] | None:
    """Return where the last page ended; a text that is no cursor begins at the start."""
    if not text or len(text) > 200:
        return None
    try:
        rank, at, product_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        moment = datetime.fromisoformat(at)
        return (int(rank), moment, str(product_id)) if moment.tzinfo is not None else None
    except (ValueError, TypeError):
        return None
