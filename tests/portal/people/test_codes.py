"""One-time codes: bound, hashed, used once, limited; a wrong guess is remembered."""

from typing import Any

import pytest

from portal.crypto import FieldKeys
from portal.db import begin
from portal.people import codes
from portal.people.errors import CodeError
from portal.people.models import OneTimeCode, SmsMessage
from portal.people.phones import parse_mobile

PHONE = parse_mobile("0966496171")


@pytest.fixture
def keys(world: Any) -> FieldKeys:
    return world.field_keys


def ask(world: Any, *, bound: str = "b", phone: Any = PHONE, address: str = "10.0.0.1") -> tuple[str, str]:
    with begin() as session:
        challenge = codes.ask_code(
            session,
            now=world.clock.now(),
            phone=phone,
            purpose="sign_in",
            bound_to=bound,
            address=address,
            keys=world.field_keys,
            text="%(code)s",
        )
        sms = session.query(SmsMessage).order_by(SmsMessage.created_at.desc(), SmsMessage.id).all()
        texts = {row.id: world.field_keys.open(row.body_sealed, place=f"sms_messages.body.{row.id}") for row in sms}
        stored = session.get(OneTimeCode, challenge)
        code = next(text for text in texts.values() if codes._hash(challenge, text) == stored.code_hash)
    return challenge, code


def check(world: Any, challenge: str, code: str, *, bound: str = "b") -> Any:
    with begin() as session:
        return codes.check_code(
            session, now=world.clock.now(), challenge_id=challenge, code=code, bound_to=bound, keys=world.field_keys
        )


def refused(world: Any, challenge: str, code: str, **more: Any) -> str:
    with pytest.raises(CodeError) as caught:
        check(world, challenge, code, **more)
    return str(caught.value.code)


def test_a_code_confirms_its_phone_once(world: Any) -> None:
    challenge, code = ask(world)
    assert check(world, challenge, f" {code[:3]} {code[3:]} ").e164 == PHONE.e164
    assert refused(world, challenge, code) == "code.expired"


def test_a_code_of_another_request_is_refused(world: Any) -> None:
    challenge, code = ask(world)
    assert refused(world, challenge, code, bound="other") == "code.expired"


def test_five_wrong_guesses_lock_the_challenge(world: Any) -> None:
    challenge, code = ask(world)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert [refused(world, challenge, wrong) for _ in range(5)] == ["code.wrong"] * 4 + ["code.locked"]
    assert refused(world, challenge, code) == "code.locked"


def test_a_code_ends_after_ten_minutes(world: Any, clock: Any) -> None:
    challenge, code = ask(world)
    clock.move(minutes=10)
    assert refused(world, challenge, code) == "code.expired"


def test_a_new_code_ends_the_old_one_of_the_same_request(world: Any) -> None:
    first, code = ask(world)
    ask(world)
    assert refused(world, first, code) == "code.expired"


def test_three_sends_in_ten_minutes(world: Any, clock: Any) -> None:
    for _ in range(3):
        ask(world)
    with pytest.raises(CodeError) as caught:
        ask(world)
    assert caught.value.code == "code.too_many"
    clock.move(minutes=11)
    ask(world)


def test_an_address_has_twenty_an_hour(world: Any) -> None:
    for number in range(20):
        ask(world, phone=parse_mobile(f"09{number % 10}649617{number // 10}"))
    with pytest.raises(CodeError):
        ask(world, phone=parse_mobile("0988888888"))


def test_nothing_is_stored_in_clear(world: Any, session: Any) -> None:
    _challenge, code = ask(world)
    for model in (OneTimeCode, SmsMessage):
        for row in session.query(model):
            values = [
                str(getattr(row, column.name)) for column in model.__table__.columns if column.name not in ("id",)
            ]
            assert not any("966496171" in value or value == code for value in values)


def test_a_sealed_value_opens_only_in_its_place(keys: FieldKeys) -> None:
    from cryptography.exceptions import InvalidTag

    sealed = keys.seal("x", place="t.c.1")
    assert keys.open(sealed, place="t.c.1") == "x"
    with pytest.raises(InvalidTag):
        keys.open(sealed, place="t.c.2")
