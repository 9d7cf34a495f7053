"""The demo's schools, hospitals and markets: each with an account, a desk, and the first school with a cashier."""

from portal.cashier import actions as cashier
from portal.demo.cast import INSTITUTIONS
from portal.demo.collecting import Till
from portal.demo.people import person
from portal.demo.sellers import commune_id
from portal.demo.stage import Stage

FEWEST = 3


def load_institutions(stage: Stage) -> list[Till]:
    """Enter the institutions with their desks, and return these; the first one's cashier may collect."""
    cast = INSTITUTIONS[: max(FEWEST, round(len(INSTITUTIONS) * stage.scale))]
    stage.say(f"{len(cast)} institutions take payments without cash")
    tills = []
    for number, one in enumerate(cast):
        stage.clock.move(hours=1)
        with stage.act() as (session, now):
            account = cashier.Account(holder_name=one.holder, bank_bin=one.bin6, number=one.account, prefix=one.prefix)
            made = cashier.open_institution(
                session, now=now, acting=stage.acting, name=one.name, kind=one.type_code,
                unit_id=commune_id(session, one.commune, stage=stage), account=account,
            )  # fmt: skip
        with stage.act() as (session, now):
            desk = cashier.open_desk(session, now=now, acting=stage.acting, payee_id=made.payee.id, name=one.desk)
        tills.append(Till(desk.desk_ref, made.organisation.id, one.type_code, one.account))
        if number == 0:
            person(stage, "cashier", role="cashier", organisation_id=made.organisation.id, duties=("collect",))
    return tills
