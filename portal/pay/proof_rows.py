"""The rules of `proofs` as conditions of a query: which paid requests must have an invoice, told by the database.

SQLite asks `item_kind` itself. PostgreSQL folds an item by its own functions: the same for what people write in
Vietnamese or English, and a word of another script never counts as one of ours.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import SQLColumnExpression, Text, and_, case, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session

from portal.i18n import ZONE
from portal.pay import proofs
from portal.pay.models import InstitutionList
from portal.pay.proofs import ANY, INVOICE, RECEIPT, Rule

Column = SQLColumnExpression[Any]
_ETH, _D = "ðÐƉɖđĐ", "dddddd"
_APOSTROPHES = "['`‘’ʼ]"
# Signs of ASCII, of Latin-1 and the general ones; a letter of any script stays.
_SIGNS = "[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf×÷\u2000-\u206f]+"


def must_have_invoice(
    session: Session, *, item: Column, payee_id: Column, amount_minor: Column, paid_at: Column,
    rules: tuple[Rule, ...] = proofs.RULES,
) -> Column:  # fmt: skip
    """Return the condition that `proof_of` gives an invoice: by item, the payee's type that day, sum and day."""
    payee_type = _type_of(payee_id, paid_at)
    kind = _kind_of(session)(item, payee_type)
    asking = {rule.item_kind for rule in rules if rule.paper == INVOICE}
    return or_(*(
        and_(kind == name, _paper(name, rules, payee_type, amount_minor, paid_at) == INVOICE)
        for name in sorted(asking)
    ))  # fmt: skip


def _paper(name: str, rules: tuple[Rule, ...], payee_type: Column, amount_minor: Column, paid_at: Column) -> Column:
    """Return the paper of a kind of item: what the last row says that fits."""
    fitting: list[tuple[Any, str]] = []
    for rule in reversed([rule for rule in rules if rule.item_kind == name]):
        fits = [paid_at >= _begins(rule.valid_from), amount_minor >= rule.least_minor]
        if rule.valid_to is not None:
            fits.append(paid_at < _begins(rule.valid_to))
        if rule.payee_type != ANY:
            fits.append(payee_type == rule.payee_type)
        fitting.append((and_(*fits), rule.paper))
    return case(*fitting, else_=RECEIPT)


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def _type_of(payee_id: Column, at: Column) -> Column:
    listed = select(InstitutionList.type).where(
        InstitutionList.payee == payee_id,
        InstitutionList.from_at <= at,
        or_(InstitutionList.to_at.is_(None), InstitutionList.to_at > at),
    )
    return func.coalesce(listed.limit(1).scalar_subquery(), "other")


def _kind_of(session: Session) -> Callable[[Column, Column], Column]:
    if session.get_bind().dialect.name == "postgresql":
        return _kind_by_patterns
    raw: Any = session.connection().connection.dbapi_connection
    raw.create_function("item_kind", 2, _kind_of_row, deterministic=True)
    return func.item_kind


@lru_cache(maxsize=4096)
def _kind_of_row(item: str, payee_type: str) -> str:
    return proofs.item_kind(item, payee_type=payee_type)


def _kind_by_patterns(item: Column, payee_type: Column) -> Column:
    """Try the words in their order, those of one kind that follow each other at once."""
    words, fitting = literal(" ").concat(_folded(item)).concat(" "), list[tuple[Any, Any]]()
    for kind, phrases in groupby(proofs.KINDS_BY_WORDS, key=lambda one: one[1]):
        pattern = " (" + "|".join(phrase for phrase, _kind in phrases) + ") "
        fitting.append((words.regexp_match(pattern), kind))
    return case(*fitting, else_=case(proofs.KINDS_ELSE, value=payee_type, else_=proofs.SALE))


def _folded(item: Column) -> Column:
    plain = func.normalize(func.translate(item, _ETH, _D), literal_column("NFKD"), type_=Text)
    bare = func.regexp_replace(plain, f"[\u0300-\u036f]|{_APOSTROPHES}", "", "g", type_=Text)
    return func.regexp_replace(func.lower(bare, type_=Text), _SIGNS, " ", "g", type_=Text)
