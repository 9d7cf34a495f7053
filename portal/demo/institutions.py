"""The demo's schools, hospitals and markets: each with an account and a desk, the first of each with its people."""

from portal.cashier import actions as cashier
from portal.demo.cast import INSTITUTIONS
from portal.demo.collecting import Till
from portal.demo.people import person
from portal.demo.sellers import commune_id
from portal.demo.stage import Stage

FEWEST = 3
# Who works at the first school, hospital and market: the demo's person, the role, its duties.
STAFF = (
    (("cashier", "cashier", ("collect",)), ("institution", "institution", ("reconcile", "approve", "read"))),
    (
        ("hospital_cashier", "cashier", ("collect",)),
        ("hospital_office", "institution", ("reconcile", "approve", "read")),
    ),
    (("market_cashier", "cashier", ("collect",)), ("market_manager", "market_manager", ("reconcile", "read"))),
)
# By which ways an institution of a type takes money: its bank account, and what its payers have.
WAYS_OF = {
    "school": ("vietqr", "vnpay", "momo", "zalopay", "payos", "stripe_shaped"),
    "hospital": ("vietqr", "vnpay", "momo", "zalopay", "viettel_qr", "keypay", "paygov"),
    "market": ("vietqr", "vnpay", "momo", "vnpt_pay"),
}


def load_institutions(stage: Stage) -> list[Till]:
    """Enter the institutions with their desks and people, and return the desks."""
    cast = INSTITUTIONS[: max(FEWEST, round(len(INSTITUTIONS) * stage.scale))]
    stage.say(f"{len(cast)} institutions take payments without cash")
    tills = []
    for number, one in enumerate(cast):
        stage.clock.move(hours=1)
        with stage.act() as (session, now):
            account = cashier.Account(
                holder_name=one.holder, bank_bin=one.bin6, number=one.account, prefix=one.prefix,
                ways=WAYS_OF[one.type_code],
            )  # fmt: skip
            made = cashier.open_institution(
                session, now=now, acting=stage.acting, name=one.name, kind=one.type_code,
                unit_id=commune_id(session, one.commune, stage=stage), account=account,
            )  # fmt: skip
        with stage.act() as (session, now):
            desk = cashier.open_desk(session, now=now, acting=stage.acting, payee_id=made.payee.id, name=one.desk)
        tills.append(Till(desk.desk_ref, made.organisation.id, one.type_code, one.account))
        for who, role, duties in STAFF[number] if number < len(STAFF) else ():
            person(stage, who, role=role, organisation_id=made.organisation.id, duties=duties)
    return tills
