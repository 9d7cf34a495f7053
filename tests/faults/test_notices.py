"""kill -9 around a provider's notice: what was acknowledged stays, what was not comes again, and counts once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from payments.models import Allocation, Movement, Receipt, Request, StoredNotice, Transaction
from portal.pay.taking import apply_one
from tests.faults.town import WAIT_S, Sent, Town
from tests.supervisor import until

ACKNOWLEDGED = {"vnpay": {"RspCode": "02", "Message": "Order already confirmed"}, "sepay": {"success": True}}


def stored(town: Town, provider: str) -> int:
    """Return how many of a provider's notices lie unfinished in the inbox."""
    return town.count(StoredNotice, StoredNotice.provider == provider, StoredNotice.status.in_(("received", "parked")))


def credited_once(town: Town, request: Any) -> None:
    """Hold that a request is paid by one transaction, one allocation, one movement, one receipt; all books agree."""
    with town.rows() as session:
        row = session.get_one(Request, request.seq)
        assert (row.status, row.allocated_minor, row.over_minor, row.exceptions) == ("paid", 450_000, 0, "")
        parts = session.query(Allocation).filter_by(request_id=request.id, undone_at=None).all()
        assert [part.amount_minor for part in parts] == [450_000]
        assert session.query(Transaction).filter_by(id=parts[0].transaction_id).count() == 1
        assert session.query(Movement).filter_by(source_id=parts[0].transaction_id).count() == 1
        assert session.query(Receipt).filter_by(request_id=request.id).count() == 1
    town.sound()


def known_already(town: Town, provider: str, notify: Any, request: Any) -> None:
    """Hold that the repeat is acknowledged as known and changes nothing."""
    answer = notify()
    assert (answer.status_code, answer.json()) == (200, ACKNOWLEDGED[provider])
    with town.rows() as session:
        last = session.query(StoredNotice).filter_by(provider=provider).order_by(StoredNotice.id.desc()).first()
        assert last is not None and (last.status, last.verdict) == ("duplicate", "seen")
    credited_once(town, request)


def test_a1_the_web_dies_before_a_notice_is_stored(town: Town) -> None:
    request = town.ask("a1")
    notify = town.notice("vnpay", request)
    before = town.count(StoredNotice)
    town.portal.kill("worker")
    with town.stop.at("pay_notices"):
        sent = Sent(notify)
        until(town.stop.reached, why="nobody came to store the notice")
        town.portal.kill("web")
        assert sent.unanswered()
    assert town.count(StoredNotice) == before
    town.up()
    assert notify().json()["RspCode"] == "00"
    credited_once(town, request)
    known_already(town, "vnpay", notify, request)


def test_the_web_dies_with_a_notice_stored_and_so_does_the_worker_that_applies_it(town: Town) -> None:
    by_bank, by_vnpay = town.ask("stored-bank"), town.ask("stored-vnpay")
    bank, vnpay = town.notice("sepay", by_bank), town.notice("vnpay", by_vnpay)
    town.portal.kill("worker")
    with town.stop.at("pay_transactions") as stop:
        first = Sent(bank)
        until(lambda: stored(town, "sepay") == 1 and stop.reached(), why="the notice was not stored")
        second = Sent(vnpay)  # on PostgreSQL it gets as far; on SQLite it waits for the first one's lock, not stored
        if not town.address.startswith("sqlite"):
            until(lambda: stored(town, "vnpay") == 1, why="the second notice was not stored")
        town.portal.kill("web")
        assert first.unanswered() and second.unanswered()
        stop.bury()
        assert town.count(Transaction, Transaction.memo == by_bank.code) == 0
        town.minutes_pass()
        town.portal.start("worker")
        until(stop.reached, why="the worker took no stored notice")
        town.portal.kill("worker")
    assert stored(town, "sepay") == 1
    town.minutes_pass()
    kept = stored(town, "vnpay")
    town.settles(lambda: stored(town, "sepay") + stored(town, "vnpay") == 0, why="the inbox stayed full")
    credited_once(town, by_bank)
    known_already(town, "sepay", bank, by_bank)
    assert kept or vnpay().json()["RspCode"] == "00"
    known_already(town, "vnpay", vnpay, by_vnpay)


def test_a2_the_web_dies_after_the_commit_and_its_answer_never_arrives(town: Town) -> None:
    by_bank, by_vnpay = town.ask("a2-bank"), town.ask("a2-vnpay")
    notices = [("sepay", town.notice("sepay", by_bank), by_bank), ("vnpay", town.notice("vnpay", by_vnpay), by_vnpay)]
    sent = []
    for _provider, notify, _request in notices:
        town.front.set("swallow")
        sent.append(Sent(lambda notify=notify: notify(f"http://127.0.0.1:{town.front.port}")))  # type: ignore[misc]
        assert town.front.caught.wait(WAIT_S)
    town.portal.kill("web")
    assert all(one.unanswered() for one in sent)
    for _provider, _notify, request in notices:
        credited_once(town, request)
    town.front.set("ok")
    town.up()
    for provider, notify, request in notices:
        known_already(town, provider, notify, request)


def test_b1_the_same_notice_a_hundred_times_at_once(town: Town) -> None:
    request = town.ask("b1")
    notify = town.notice("vnpay", request)
    with ThreadPoolExecutor(25) as pool:
        codes = list(pool.map(lambda _: notify().json()["RspCode"], range(100)))
    assert sorted(codes) == ["00", *["02"] * 99]
    credited_once(town, request)


def test_a_worker_that_comes_late_applies_nothing_again(town: Town) -> None:
    request = town.ask("late")
    assert town.notice("vnpay", request)().json()["RspCode"] == "00"
    with town.rows() as session:
        last = session.query(StoredNotice).order_by(StoredNotice.id.desc()).first()
        assert last is not None
    with town.app.app_context():
        from portal.acting import Acting

        sender = town.world.gateways["vnpay"]
        again = apply_one(town.world, notice_id=last.id, sender=sender, acting=Acting.system("worker"))
    assert again.repeated
    credited_once(town, request)
