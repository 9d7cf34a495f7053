"""The commands that open an institution and close a desk."""

import json
from typing import Any

from sqlalchemy import select

from payments.models import Feed, Payee
from portal.cashier.models import CashierDeskState
from portal.onboarding.models import Organisation
from portal.pay.models import InstitutionList
from tests.portal.pay.making import TAN_THANH, School


def test_an_institution_opens_with_its_first_desk_and_the_desk_closes(app: Any, session: Any, school: School) -> None:
    runner = app.test_cli_runner()
    arguments = [
        "cashier", "open-institution", "--name", "Trung tâm y tế Tân Thạnh", "--type", "hospital",
        "--unit", TAN_THANH.id, "--bin", "970418", "--account", "6500100200", "--holder",
        "TTYT TAN THANH", "--prefix", "YT", "--json",
    ]  # fmt: skip
    ran = runner.invoke(args=arguments)
    assert ran.exit_code == 0, ran.output
    made = json.loads(ran.output)
    session.expire_all()
    organisation = session.get_one(Organisation, made["organisation"])
    assert (organisation.kind, organisation.type_code) == ("institution", "hospital")
    assert session.get_one(Payee, made["payee"]).area_ref == TAN_THANH.id
    assert session.scalars(select(Feed.account).where(Feed.payee_id == made["payee"])).all() == ["6500100200"]
    listed = select(InstitutionList.type).where(InstitutionList.payee == made["payee"])
    assert session.scalars(listed).all() == ["hospital"]
    assert runner.invoke(args=["cashier", "close-desk", made["desk"]]).exit_code == 0
    session.expire_all()
    states = select(CashierDeskState.state).where(CashierDeskState.desk_ref == made["desk"])
    assert session.scalars(states.order_by(CashierDeskState.id)).all() == ["active", "closed"]


def test_a_bank_that_cannot_receive_or_an_account_twice_opens_nothing(app: Any, session: Any, school: School) -> None:
    runner = app.test_cli_runner()
    arguments = [
        "cashier",
        "open-institution",
        "--name",
        "B",
        "--type",
        "school",
        "--unit",
        TAN_THANH.id,
        "--holder",
        "B",
    ]
    for number, (bank, account) in enumerate((("458761", "1"), ("970436", school.payee.account))):
        ran = runner.invoke(args=[*arguments, "--bin", bank, "--account", account, "--prefix", "BB", "--json"])
        assert ran.exit_code != 0, number
    session.expire_all()
    assert len(session.scalars(select(Payee)).all()) == 1
    assert len(session.scalars(select(Organisation)).all()) == 1
