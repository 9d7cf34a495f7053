"""The rules of `proofs` as conditions of a query: which paid requests must have an invoice, told by the database.

SQLite asks `item_kind` itself. PostgreSQL folds an item by its own functions: the same for what people write in
Vietnamese or English, and a word of another script never counts as one of ours.
"""

from collections.abc import Callable
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import SQLColumnExpression, Text, and_, case, func, literal, literal_column, or_, select
from sqlalchemy.orm import Session

from portal.pay import proofs
from portal.pay.models import InstitutionList
from portal.pay.proofs import ANY, INVOICE, RECEIPT, Rule
from portal.places.areas import starts_at

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
    is_kind = _is_kind(session)
    asking = {rule.item_kind for rule in rules if rule.paper == INVOICE}
    return or_(*(
        and_(_paper(name, rules, payee_type, amount_minor, paid_at) == INVOICE, is_kind(name, item, payee_type))
        for name in sorted(asking)
    ))  # fmt: skip


def _paper(name: str, rules: tuple[Rule, ...], payee_type: Column, amount_minor: Column, paid_at: Column) -> Column:
    """Return the paper of a kind of item: what the last row says that fits."""
    fitting: list[tuple[Any, str]] = []
    for rule in reversed([rule for rule in rules if rule.item_kind == name]):
        fits = [paid_at >= starts_at(rule.valid_from), amount_minor >= rule.least_minor]
        if rule.valid_to is not None:
            fits.append(paid_at < starts_at(rule.valid_to))
        if rule.payee_type != ANY:
            fits.append(payee_type == rule.payee_type)
        fitting.append((and_(*fits), rule.paper))
    return case(*fitting, else_=RECEIPT)


def _type_of(payee_id: Column, at: Column) -> Column:
    listed = select(InstitutionList.type).where(
        InstitutionList.payee == payee_id,
        InstitutionList.from_at <= at,
        or_(InstitutionList.to_at.is_(None), InstitutionList.to_at > at),
    )
    return func.coalesce(listed.limit(1).scalar_subquery(), "other")


def _is_kind(session: Session) -> Callable[[str, Column, Column], Column]:
    """Return what makes the condition that an item at a payee of a type is of a kind."""
    if session.get_bind().dialect.name == "postgresql":
        return _is_kind_by_pattern
    raw: Any = session.connection().connection.dbapi_connection
    raw.create_function("item_kind", 2, _kind_of_row, deterministic=True)
    return lambda kind, item, payee_type: func.item_kind(item, payee_type) == kind


@lru_cache(maxsize=4096)
def _kind_of_row(item: str, payee_type: str) -> str:
    return proofs.item_kind(item, payee_type=payee_type)


def _is_kind_by_pattern(kind: str, item: Column, payee_type: Column) -> Column:
    """Hold the folded words of an item to one pattern: folding is what costs, so it is done once a row."""
    words = literal(" ").concat(_folded(item)).concat(" ")
    said, unsaid = kind_pattern(kind, by_default=False), kind_pattern(kind, by_default=True)
    others = {name for name, other in proofs.KINDS_ELSE.items() if other != kind}
    same = [name for name, other in proofs.KINDS_ELSE.items() if other == kind]
    by_default = payee_type.not_in(others) if kind == proofs.SALE else payee_type.in_(same)
    return case((by_default, words.regexp_match(unsaid)), else_=words.regexp_match(said))


def kind_pattern(kind: str, *, by_default: bool) -> str:
    """Return the pattern of folded words that are of a kind: its own stand in them, and no other kind's before in
    the table; with `by_default` also words that are of no kind."""
    ways, before = list[str](), list[str]()
    for name, group in groupby(proofs.KINDS_BY_WORDS, key=lambda one: one[1]):
        phrases = [phrase for phrase, _kind in group]
        if name == kind:
            ways.append(f"{_without(before)}.* ({'|'.join(phrases)}) ")
        before += phrases
    return f"^({'|'.join([*ways, _without(before)] if by_default else ways)})"


def _without(phrases: list[str]) -> str:
    return f"(?!.* ({'|'.join(phrases)}) )" if phrases else ""


def _folded(item: Column) -> Column:
    plain = func.normalize(func.translate(item, _ETH, _D), literal_column("NFKD"), type_=Text)
    bare = func.regexp_replace(plain, f"[\u0300-\u036f]|{_APOSTROPHES}", "", "g", type_=Text)
    return func.regexp_replace(func.lower(bare, type_=Text), _SIGNS, " ", "g", type_=Text)
