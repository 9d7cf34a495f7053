"""A registration that is being filled in: kept at each step, its owner's alone, sent once, forgotten in time."""

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.acting import Acting
from portal.onboarding import drafts, sending
from portal.onboarding.errors import IllegalTransition
from portal.onboarding.models import Draft, Organisation
from tests.portal.onboarding.making import ALL, CLI, owner_of


def complete_answers(commune: str) -> dict[str, Any]:
    return {
        "phone": "+84966496171",
        "name": "Nguyễn Thị Hạnh",
        "id": None,
        "place": {"raw": "Tân Thạnh", "unit": commune, "confidence": "exact", "hamlet": "Ấp 3"},
        "grown": "Thanh long",
        "selling": {"food_safety": "commitment", "payment": False},
        "consents": dict(ALL),
    }


def begun(
    session: Any,
    world: Any,
    owner: Acting,
    answers: dict[str, Any],
    draft_id: str = "0b6a5c1e-1f2d-4c3b-8a4d-5e6f7a8b9c0d",
) -> Draft:
    return drafts.begin_draft(
        session,
        now=world.clock.now(),
        acting=owner,
        draft_id=draft_id,
        login_id=owner.login_id or "",
        answers=answers,
        keys=world.field_keys,
    )


def test_a_draft_is_sent_once_and_emptied(province: Any, world: Any, commune: str) -> None:
    owner = owner_of(world, province)
    answers = complete_answers(commune)
    draft = begun(province, world, owner, answers)
    with pytest.raises(IllegalTransition):
        sending.send_draft(province, now=world.clock.now(), acting=owner, draft=draft, keys=world.field_keys)
    drafts.read_back(province, now=world.clock.now(), acting=owner, draft=draft)
    first = sending.send_draft(province, now=world.clock.now(), acting=owner, draft=draft, keys=world.field_keys)
    second = sending.send_draft(province, now=world.clock.now(), acting=owner, draft=draft, keys=world.field_keys)
    assert first is second
    assert (draft.state, draft.answers_sealed) == ("sent", None)
    assert province.scalar(select(func.count()).select_from(Organisation)) == 1


def test_a_draft_expires_and_is_emptied(province: Any, world: Any, clock: Any, commune: str) -> None:
    owner = owner_of(world, province)
    draft = begun(province, world, owner, complete_answers(commune))
    clock.move(days=89)
    assert drafts.expire_one(province, now=clock.now(), acting=CLI) is False
    clock.move(days=1)
    assert drafts.expire_one(province, now=clock.now(), acting=CLI) is True
    assert (draft.state, draft.answers_sealed) == ("expired", None)
    assert drafts.expire_one(province, now=clock.now(), acting=CLI) is False


def test_a_draft_is_its_owners_alone(province: Any, world: Any, commune: str) -> None:
    owner = owner_of(world, province)
    draft = begun(province, world, owner, complete_answers(commune))
    other = owner_of(world, province, "0912000009")
    with pytest.raises(drafts.DraftGone):
        drafts.own_draft(province, draft_id=draft.id, login_id=other.login_id or "", now=world.clock.now())
    with pytest.raises(drafts.DraftGone):
        begun(province, world, other, complete_answers(commune))
    with pytest.raises(drafts.DraftGone):
        begun(province, world, other, complete_answers(commune), draft_id="no-uuid")


def test_another_device_goes_on_with_the_same_draft(province: Any, world: Any, commune: str) -> None:
    owner = owner_of(world, province)
    first = begun(province, world, owner, {"phone": "+84966496171"})
    drafts.save_answers(
        province, now=world.clock.now(), acting=owner, draft=first, keys=world.field_keys, answers={"name": "Lê Út"}
    )
    second = begun(province, world, owner, {"phone": "+84966496171"}, draft_id="7d1f3a52-5b6c-4d7e-8f90-a1b2c3d4e5f6")
    assert second is first
    assert drafts.first_open(drafts.read_answers(second, world.field_keys)) == "id"
    assert province.scalar(select(func.count()).select_from(Draft)) == 1
