"""What makes an account eligible: rules, each answered for one account in Python and for thousands in SQL.

Which rules held when is data (`rule_set`): no legal definition of "eligible" is known, so it may change.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import Session

from portal.bulk import among
from portal.catalogue.models import Product, Variant
from portal.marketplaces.models import ChannelAccount
from portal.marketplaces.states import EXISTS
from portal.onboarding.models import Organisation, Person, StageReached
from portal.people.actions import has_consent
from portal.people.models import Consent

_SAFE = ("certificate", "commitment")


@dataclass(frozen=True, slots=True)
class Standing:
    """One account with its seller and the seller's head."""

    account: ChannelAccount
    organisation: Organisation
    head: Person


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, what to do while it is not met, its answer for one account, and its condition in SQL."""

    code: str
    label: Any
    todo: Any
    met: Callable[[Session, Standing], bool]
    condition: Callable[[], ColumnElement[bool]]


def _identity(_session: Session, one: Standing) -> bool:
    return None not in (one.head.name_index, one.head.id_index, one.head.phone_index)


def _identity_sql() -> ColumnElement[bool]:
    return and_(Person.name_index.is_not(None), Person.id_index.is_not(None), Person.phone_index.is_not(None))


def _reached(session: Session, one: Standing, stage: str) -> bool:
    return session.get(StageReached, (one.organisation.id, stage)) is not None


def _reached_sql(stage: str) -> ColumnElement[bool]:
    return exists().where(StageReached.household_id == Organisation.id, StageReached.stage == stage)


def _selling(session: Session, one: Standing) -> bool:
    products = session.scalars(
        select(Product).where(Product.organisation_id == one.organisation.id, Product.state == "active")
    )
    return any(
        variant.stock_milli is None or variant.stock_milli > 0 for product in products for variant in product.variants
    )


def _selling_sql() -> ColumnElement[bool]:
    there = or_(Variant.stock_milli.is_(None), Variant.stock_milli > 0)
    return exists(
        select(literal(1))
        .select_from(Product)
        .join(Variant, Variant.product_id == Product.id)
        .where(Product.organisation_id == Organisation.id, Product.state == "active", there)
    )


def _agreed(session: Session, one: Standing) -> bool:
    return has_consent(session, person_id=one.head.id, purpose=f"share:{one.account.channel}")


def _agreed_sql() -> ColumnElement[bool]:
    return exists().where(
        Consent.person_id == Person.id,
        Consent.purpose == literal("share:").concat(ChannelAccount.channel),
        Consent.withdrawn_at.is_(None),
    )


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("account", _l("Account on the marketplace"), _l("The marketplace must open the account."),
             lambda _s, one: one.account.state in EXISTS, lambda: ChannelAccount.state.in_(EXISTS)),
        Rule("identity", _l("Name, phone and ID number"), _l("Add what is missing of the three."),
             _identity, _identity_sql),
        Rule("phone", _l("Phone confirmed"), _l("Type the code from the message."),
             lambda s, one: _reached(s, one, "phone_confirmed"), lambda: _reached_sql("phone_confirmed")),
        Rule("approved", _l("Approved"), _l("The commune must approve the household."),
             lambda s, one: _reached(s, one, "approved"), lambda: _reached_sql("approved")),
        Rule("commune", _l("Commune known"), _l("Choose the commune from the list."),
             lambda _s, one: one.organisation.current_unit_id is not None,
             lambda: Organisation.current_unit_id.is_not(None)),
        Rule("food_safety", _l("Food safety"), _l("Say how your food is kept safe."),
             lambda _s, one: one.organisation.food_safety in _SAFE, lambda: Organisation.food_safety.in_(_SAFE)),
        Rule("payment", _l("Way to be paid"), _l("Say if you can be paid by bank transfer."),
             lambda _s, one: one.organisation.payment_declared is True,
             lambda: Organisation.payment_declared.is_(True)),
        Rule("consent", _l("Agreed to this marketplace"), _l("Agree that we pass your data to this marketplace."),
             _agreed, _agreed_sql),
        Rule("product", _l("A product on sale"), _l("Put a product on sale, with stock."), _selling, _selling_sql),
        Rule("verified", _l("Identity verified"), _l("Verify yourself at the marketplace with VNeID."),
             lambda _s, one: one.account.state == "verified", lambda: ChannelAccount.state == "verified"),
    )
}  # fmt: skip


def answer(session: Session, one: Standing, rules: Sequence[str]) -> tuple[str, ...]:
    """Return the rules that an account does not meet, in order."""
    return tuple(code for code in rules if not RULES[code].met(session, one))


def answer_many(session: Session, account_ids: Sequence[str], rules: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what `answer` says of many accounts of households, in one statement."""
    columns = [RULES[code].condition().label(f"rule_{code}") for code in rules]
    query = (
        select(ChannelAccount.id, *columns)
        .join(Organisation, Organisation.id == ChannelAccount.organisation_id)
        .join(Person, Person.id == Organisation.head_person_id)
        .where(among(session, ChannelAccount.id, account_ids))
    )
    return {
        account_id: tuple(code for code, met in zip(rules, answers, strict=True) if not met)
        for account_id, *answers in session.execute(query)
    }
