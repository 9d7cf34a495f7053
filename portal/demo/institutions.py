"""The demo's school, hospital and market: each with an account, a desk, and the school with a cashier."""

from portal.cashier import actions as cashier
from portal.demo.cast import INSTITUTIONS
from portal.demo.people import person
from portal.demo.sellers import commune_id
from portal.demo.stage import Stage


def load_institutions(stage: Stage) -> None:
    """Enter the institutions with their desks; the first one's cashier may collect."""
    stage.say(f"{len(INSTITUTIONS)} institutions take payments without cash")
    for number, one in enumerate(INSTITUTIONS):
        stage.clock.move(hours=1)
        with stage.act() as (session, now):
            account = cashier.Account(holder_name=one.holder, bank_bin=one.bin6, number=one.account, prefix=one.prefix)
            made = cashier.open_institution(
                session, now=now, acting=stage.acting, name=one.name, kind=one.type_code,
                unit_id=commune_id(session, one.commune, stage=stage), account=account,
            )  # fmt: skip
        with stage.act() as (session, now):
            cashier.open_desk(session, now=now, acting=stage.acting, payee_id=made.payee.id, name=one.desk)
        if number == 0:
            person(stage, "cashier", role="cashier", organisation_id=made.organisation.id, duties=("collect",))
