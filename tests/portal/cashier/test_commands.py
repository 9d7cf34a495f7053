"""The commands that open an institution and close a desk."""

import json
from typing import Any

import click
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
    for bank, account, code in (("458761", "1", "payee_invalid"), ("970436", school.payee.account, "payee_exists")):
        ran = runner.invoke(args=[*arguments, "--bin", bank, "--account", account, "--prefix", "BB", "--json"])
        assert (ran.exit_code, json.loads(ran.stdout)["code"]) == (1, code)
        assert f"{code}: " in ran.stderr  # and a sentence, not a traceback
    session.expire_all()
    assert len(session.scalars(select(Payee)).all()) == 1
    assert len(session.scalars(select(Organisation)).all()) == 1


def test_a_payee_that_nobody_knows_is_told_in_a_sentence(app: Any, school: School) -> None:
    ran = app.test_cli_runner().invoke(args=["cashier", "set-ways", "py_nobody", "--way", "vietqr"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr.startswith("payee_unknown: ")
    assert isinstance(ran.exception, SystemExit)


def test_what_an_error_is_about_does_not_hide_its_code(app: Any) -> None:
    from payments.errors import RequestUnknown
    from portal.console import Commands

    group = Commands("group")

    @group.command("look")
    @click.option("--json", "as_json", is_flag=True)
    def look(as_json: bool) -> None:
        raise RequestUnknown(code="HP00000013")

    ran = app.test_cli_runner().invoke(group, ["look", "--json"])
    assert (ran.exit_code, json.loads(ran.stdout)["code"]) == (1, "request_unknown")


def test_two_who_take_keypay_begin_their_codes_differently(app: Any, session: Any, school: School) -> None:
    runner = app.test_cli_runner()

    def opened(prefix: str, account: str) -> str:
        arguments = [
            "cashier", "open-institution", "--name", "Trường B", "--type", "school", "--unit", TAN_THANH.id,
            "--bin", "970418", "--account", account, "--holder", "TRUONG B", "--prefix", prefix, "--json",
        ]  # fmt: skip
        return str(json.loads(runner.invoke(args=arguments).stdout)["payee"])

    def taking(payee: str) -> Any:
        return runner.invoke(args=["cashier", "set-ways", payee, "--way", "keypay", "--json"])

    alike, other = opened(school.payee.prefix, "6500100201"), opened("QX", "6500100202")
    assert taking(school.payee.id).exit_code == 0
    refused = taking(alike)
    assert (refused.exit_code, json.loads(refused.stdout)["code"]) == (1, "prefix_taken")
    session.expire_all()
    assert session.get_one(Payee, alike).ways == ("vnpay", "vietqr")
    assert (taking(other).exit_code, taking(school.payee.id).exit_code) == (0, 0)
