"""The first hospital's day: one stay from its advance to a return that waits for a second person, one that goes on."""

from sqlalchemy import select

from portal.acting import Acting
from portal.db import new_id
from portal.demo.cast import PEOPLE
from portal.demo.collecting import PAYER, Till, pay_at_the_bank
from portal.demo.stage import Stage
from portal.hospital import actions as hospital
from portal.hospital import returning
from portal.pay.models import PayeeOwner
from portal.pay.starting import start
from portal.people import actions as people
from portal.people.phones import parse_mobile

ADVANCE, DUE_ADVANCE = 3_000_000, 2_000_000
# What is charged: item, đồng, what insurance or an exemption takes off, why.
GONE_HOME = (("care", 1_850_000, 400_000, "Bảo hiểm y tế 80%"), ("bed", 300_000, 300_000, "Hộ nghèo"))
STAYS_ON = (("tests", 240_000, 0, ""),)
ACCOUNT = "Vietcombank 0071 0001 23456 TRAN THI BE"


def load_hospital_day(stage: Stage, tills: list[Till]) -> int:
    """Let the first hospital have its day, where there is one; return how many payments came."""
    till = next((one for one in tills if one.type_code == "hospital"), None)
    if till is None:
        return 0
    cashier_, office = (_who(stage, till, name) for name in ("hospital_cashier", "hospital_office"))
    stay = _open(stage, till, cashier_, code="BN-0412", name="Trần Thị Bé")
    asked = _ask_advance(stage, till, cashier_, stay, ADVANCE)
    paid = pay_at_the_bank(stage, till, code=asked[1], amount=ADVANCE)
    _charge(stage, till, cashier_, stay, GONE_HOME)
    with stage.act() as (session, now):
        hospital.discharge(session, now=now, acting=cashier_, stay_id=stay)
    with stage.act() as (session, now):
        returning.note_account(
            session, now=now, acting=cashier_, stay_id=stay, account=ACCOUNT, keys=stage.world.field_keys
        )
    with stage.act() as (session, now):
        returning.check_account(session, now=now, acting=office, stay_id=stay)
    with stage.act() as (session, now):
        left = ADVANCE - sum(gross - less for _item, gross, less, _why in GONE_HOME)
        returning.give_back(session, now=now, acting=cashier_, stay_id=stay, seen_minor=left)
    other = _open(stage, till, cashier_, code="BN-0415", name="Lê Văn Tư")
    waiting, _code = _ask_advance(stage, till, cashier_, other, DUE_ADVANCE)
    start(stage.world, acting=PAYER, request_id=waiting, way="vietqr", payer_ip="127.0.0.1", language="vi")
    _charge(stage, till, cashier_, other, STAYS_ON)
    return paid


def _who(stage: Stage, till: Till, name: str) -> Acting:
    """Return one of the hospital's people as the actor."""
    with stage.act() as (session, now):
        login = people.login_for(
            session, now=now, acting=stage.acting, phone=parse_mobile(PEOPLE[name][0]), keys=stage.world.field_keys
        )
        grant = people.open_grants(session, login.id, now=now)[0]
        return Acting(
            login_id=login.id, role=grant.role, organisation_id=till.organisation_id, duties=frozenset(grant.duties)
        )


def _open(stage: Stage, till: Till, acting: Acting, *, code: str, name: str) -> str:
    with stage.act() as (session, now):
        owned = select(PayeeOwner.payee_id).where(PayeeOwner.organisation_id == till.organisation_id)
        stay = hospital.open_stay(
            session, now=now, acting=acting, payee_id=session.scalars(owned).one(), code=code, name=name,
            keys=stage.world.field_keys,
        )  # fmt: skip
        return stay.id


def _ask_advance(stage: Stage, till: Till, acting: Acting, stay_id: str, amount: int) -> tuple[str, str]:
    with stage.act() as (session, now):
        asked = hospital.ask_advance(
            session, now=now, acting=acting, stay_id=stay_id, desk_ref=till.desk_ref, amount_minor=amount,
            form_id=new_id("fm"),
        )  # fmt: skip
        return asked.id, asked.code


def _charge(
    stage: Stage, till: Till, acting: Acting, stay_id: str, charges: tuple[tuple[str, int, int, str], ...]
) -> None:
    for item, gross, less, why in charges:
        with stage.act() as (session, now):
            hospital.charge(
                session, now=now, acting=acting, stay_id=stay_id, desk_ref=till.desk_ref, item=item, gross_minor=gross,
                reduction_minor=less, reason=why, form_id=new_id("fm"),
            )  # fmt: skip
