"""What makes an account eligible: rules, each a condition in SQL, with what it is called and what to do.

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
from portal.people.models import Consent

_SAFE = ("certificate", "commitment")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, what to do while it is not met and on which page, and its condition for an account."""

    code: str
    label: Any
    todo: Any
    condition: Callable[[], ColumnElement[bool]]
    endpoint: str | None = None


def _identity() -> ColumnElement[bool]:
    return and_(Person.name_index.is_not(None), Person.id_index.is_not(None), Person.phone_index.is_not(None))


def _reached(stage: str) -> ColumnElement[bool]:
    return exists().where(StageReached.household_id == Organisation.id, StageReached.stage == stage)


def _selling() -> ColumnElement[bool]:
    there = or_(Variant.stock_milli.is_(None), Variant.stock_milli > 0)
    return exists(
        select(literal(1))
        .select_from(Product)
        .join(Variant, Variant.product_id == Product.id)
        .where(Product.organisation_id == Organisation.id, Product.state == "active", there)
    )


def _agreed() -> ColumnElement[bool]:
    return exists().where(
        Consent.person_id == Person.id,
        Consent.purpose == literal("share:").concat(ChannelAccount.channel),
        Consent.withdrawn_at.is_(None),
    )


RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        Rule("account", _l("Account on the marketplace"), _l("Wait: the marketplace must open the account."),
             lambda: ChannelAccount.state.in_(EXISTS)),
        Rule("identity", _l("Name, phone and ID number"), _l("Add what is missing of these."),
             _identity, "onboarding.my_details"),
        Rule("phone", _l("Phone confirmed"), _l("Sign in once with a code sent to your phone."),
             lambda: _reached("phone_confirmed")),
        Rule("approved", _l("Approved"), _l("Wait: the commune must approve your household."),
             lambda: _reached("approved")),
        Rule("commune", _l("Commune known"), _l("Choose the commune from the list."),
             lambda: Organisation.current_unit_id.is_not(None), "onboarding.my"),
        Rule("food_safety", _l("Food safety"), _l("Say how your food is kept safe."),
             lambda: Organisation.food_safety.in_(_SAFE), "onboarding.my_selling"),
        Rule("payment", _l("Way to be paid"), _l("Say that you can be paid by bank transfer."),
             lambda: Organisation.payment_declared.is_(True), "onboarding.my_selling"),
        Rule("consent", _l("Agreed to this marketplace"), _l("Agree that we pass your data to this marketplace."),
             _agreed, "onboarding.my_consents"),
        Rule("product", _l("A product on sale"), _l("Put a product on sale, with stock."),
             _selling, "catalogue.own_products"),
        Rule("verified", _l("Identity verified"), _l("Verify yourself at the marketplace with VNeID."),
             lambda: ChannelAccount.state == "verified"),
    )
}  # fmt: skip


def unmet(session: Session, account_ids: Sequence[str], rules: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return, for each of many accounts of households, the rules that it does not meet, in order; one statement."""
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
