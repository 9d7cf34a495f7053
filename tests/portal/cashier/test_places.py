"""A payee's home goes where its institution's goes, when an officer says in which commune that lies today."""

from typing import Any

from portal.cashier import actions
from portal.onboarding import answers
from portal.places.actions import home_at
from tests.portal.onboarding.conftest import province
from tests.portal.onboarding.making import CLI, TAN_HOA, officer
from tests.portal.onboarding.test_place_questions import LEAF, LUONG_HOA, ids_of, live, reform

__all__ = ["province"]


def test_the_payee_follows_its_institution(province: Any, world: Any, clock: Any, app: Any) -> None:
    clock.at = clock.at.replace(year=2023, month=5)
    account = actions.Account(bank_bin="970436", number="0011002233445", holder_name="TRUONG TH TAN HOA", prefix="HP")
    school = actions.open_institution(
        province,
        now=clock.now(),
        acting=CLI,
        name="Trường Tiểu học Tân Hòa",
        kind="school",
        unit_id=TAN_HOA,
        account=account,
    )
    actions.open_desk(province, now=clock.now(), acting=CLI, payee_id=school.payee.id, name="Quầy 1")
    province.commit()
    reform(province, clock)
    asked = ids_of(province)
    assert list(asked) == [school.organisation.id]  # once for the school, not again for its payee
    assert live(province, app, clock, "PAY_POINT") == {LEAF: 1}
    clock.move(hours=1)
    question = asked[school.organisation.id]
    answers.settle(
        province, now=clock.now(), acting=officer(province, world), question_id=question.id, answer=LUONG_HOA
    )
    province.commit()
    home = home_at(province, school.payee.id, clock.now())
    assert home is not None
    assert home.area_id == LUONG_HOA
    assert live(province, app, clock, "PAY_POINT") == {LUONG_HOA: 1}
