"""One act: the log, the file, the event, the messages; the clock; the second person; the counts."""

from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import func, select

from portal.acting import Acting
from portal.audit import AuditRow, broken_rows
from portal.counting.live import live_cells
from portal.counting.periods import month_of, parse_period
from portal.db import begin
from portal.errors import NotFound
from portal.people.models import SmsMessage
from portal.recalls import actions
from portal.recalls.actions import Danger
from portal.recalls.errors import FoundLater, InstructionMissing, RecallOfOfficer
from portal.recalls.models import RecallFile, RecallNotice
from portal.stamps import voiding
from portal.stamps.errors import OwnRequest, RequestDecided
from portal.stamps.models import VoidRequest
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.making import officer
from tests.portal.stamps.making import Stamps
from traceability import epcis, get_recall
from traceability.epcis.models import TraceEvent
from traceability.errors import LotRecalled
from traceability.models import TraceEntry, TraceRange


def danger(world: Any, **more: Any) -> Danger:
    facts: dict[str, Any] = {"instruction": "Trả lại nơi bán", "contact": "1022", "found_at": world.clock.now()}
    return Danger(**{**facts, **more})


def recall(stamps: Stamps, acting: Acting, lot_id: str, **more: Any) -> RecallFile:
    world = stamps.world
    with begin() as session:
        return actions.recall_lot(
            session, now=world.clock.now(), acting=acting, lot_id=lot_id, danger=danger(world, **more),
            keys=world.field_keys, public_url=world.settings.public_url,
        )  # fmt: skip


def complete(stamps: Stamps, acting: Acting, recall_id: str) -> Any:
    with begin() as session:
        now = stamps.world.clock.now()
        return actions.complete(session, now=now, acting=acting, recall_id=recall_id, note="đã thu đủ")


def test_opening_is_one_act(stamps: Stamps, session: Any, acting: Acting, world: Any) -> None:
    lot_id = stamps.activate(stamps.issue(), 0, 99)
    before = session.scalar(select(func.count()).select_from(SmsMessage))
    file = recall(stamps, stamps.acting, lot_id, client_id="11111111-1111-4111-8111-111111111111")
    again = recall(stamps, stamps.acting, lot_id, client_id="11111111-1111-4111-8111-111111111111")
    assert again.id == file.id
    kinds = session.scalars(select(TraceEntry.kind).order_by(TraceEntry.id.desc()).limit(2)).all()
    assert set(kinds) == {"recall_opened", "event_recorded"}
    assert get_recall(session, file.id).instruction == "Trả lại nơi bán."
    event = session.scalars(select(TraceEvent)).one()
    assert b'"persistentDisposition":{"set":["recalled"]}' in event.data
    notices = session.scalars(select(RecallNotice)).all()
    assert {one.role for one in notices} == {"officer"}  # the seller herself acts
    assert acting.login_id in {one.login_id for one in notices}
    assert session.scalar(select(func.count()).select_from(SmsMessage)) == before + len(notices)
    row = session.scalars(select(AuditRow).where(AuditRow.act == "recall.opened")).one()
    assert row.subject == stamps.acting.organisation_id
    assert broken_rows(session) == []


def test_an_officer_s_recall_reaches_the_seller(stamps: Stamps, session: Any, acting: Acting) -> None:
    recall(stamps, acting, stamps.activate(stamps.issue(), 0, 9))
    told = session.execute(select(RecallNotice.login_id, RecallNotice.role)).all()
    assert (stamps.acting.login_id, "seller") in [tuple(one) for one in told]
    assert acting.login_id not in {one.login_id for one in told}


def test_who_was_sent_the_goods_is_told(stamps: Stamps, session: Any, acting: Acting, world: Any) -> None:
    from portal.recalls.telling import holders_of
    from portal.stamps.uris import lot_uri, seller_uri
    from traceability import get_lot, lot_facts

    batch = stamps.issue()
    lot_id = stamps.activate(batch, 0, 9)
    facts, base = lot_facts(get_lot(session, lot_id)), world.settings.public_url
    goods = lot_uri(base, lot_id=lot_id, number=facts.number, gtin=None)
    sent = epcis.step_event(
        "ship",
        epcis.StepFacts(
            event_id="urn:uuid:1c2b3a44-0000-4000-8000-000000000001", at=world.clock.now(), goods=goods,
            destination=seller_uri(base, "or_elsewhere"),
        ),
    )  # fmt: skip
    with begin() as rows:
        captor = epcis.Captor(name=str(stamps.acting.organisation_id))
        epcis.record_events(rows, now=world.clock.now(), events=[sent], captor=captor)
    found = {one.party: one.custody.value for one in holders_of(session, lot_id, facts, public_url=base)}
    assert found == {stamps.acting.organisation_id: "passed_on", "or_elsewhere": "on_the_way"}


def test_refused(stamps: Stamps, session: Any, acting: Acting, world: Any, province: Any) -> None:
    lot_id = stamps.activate(stamps.issue(), 0, 9)
    with pytest.raises(InstructionMissing):
        recall(stamps, acting, lot_id, instruction="  ")
    with pytest.raises(FoundLater):
        recall(stamps, acting, lot_id, found_at=world.clock.now() + timedelta(minutes=1))
    elsewhere = officer(province, world, role="commune_officer", unit=commune_named(province, "Mộc Hóa"))
    with pytest.raises(NotFound):
        recall(stamps, elsewhere, lot_id)
    stranger = Acting(login_id="lo_x", role="household", organisation_id="or_other")
    with pytest.raises(NotFound):
        recall(stamps, stranger, lot_id)
    file = recall(stamps, acting, lot_id)
    with pytest.raises(LotRecalled):
        recall(stamps, acting, lot_id)
    with pytest.raises(RecallOfOfficer):
        complete(stamps, stamps.acting, file.id)
    with pytest.raises(NotFound):
        complete(stamps, stranger, file.id)
    assert session.scalar(select(func.count()).select_from(RecallFile)) == 1


def voided_of(session: Any, stamps: Stamps) -> int:
    """Return the figure; it is what the rows say."""
    period = parse_period(month_of(stamps.world.clock.now()))
    figure = current_app.extensions["catalogue"].get("QR_STAMP_VOID")
    counted = sum(live_cells(session, figure, period).values())
    rows = session.scalar(
        select(func.sum(TraceRange.last - TraceRange.first + 1)).where(TraceRange.voided_at.is_not(None))
    )
    assert counted == (rows or 0)
    return counted


def test_completing_voids_and_counts(stamps: Stamps, session: Any) -> None:
    batch = stamps.issue()
    lot_id = stamps.activate(batch, 0, 99)
    file = recall(stamps, stamps.acting, lot_id)
    done = complete(stamps, stamps.acting, file.id)
    assert (done.closed_by, done.note) == (stamps.acting.actor, "đã thu đủ")
    assert voided_of(session, stamps) == 100
    assert {row.voided_at is not None for row in session.scalars(select(TraceRange))} == {True}


def test_more_than_a_thousand_need_somebody_else(stamps: Stamps, session: Any, acting: Acting) -> None:
    batch = stamps.issue(3000)
    file = recall(stamps, stamps.acting, stamps.activate(batch, 0, 1000))
    asked = complete(stamps, stamps.acting, file.id)
    assert isinstance(asked, VoidRequest)
    assert complete(stamps, stamps.acting, file.id).id == asked.id
    assert (asked.stamps, voided_of(session, stamps)) == (1001, 0)
    now = stamps.world.clock.now()
    with pytest.raises(OwnRequest), begin() as rows:
        voiding.decide(rows, now=now, acting=stamps.acting, request_id=asked.id, agreed=True)
    with begin() as rows:
        voiding.decide(rows, now=now, acting=acting, request_id=asked.id, agreed=True)
    assert voided_of(session, stamps) == 1001
    assert session.get_one(RecallFile, file.id).closed_by == acting.actor
    with pytest.raises(RequestDecided), begin() as rows:
        voiding.decide(rows, now=now, acting=acting, request_id=asked.id, agreed=True)


def test_a_range_of_more_than_a_thousand_waits_too(
    stamps: Stamps, session: Any, acting: Acting, province: Any, world: Any
) -> None:
    batch, now = stamps.issue(3000), stamps.world.clock.now()
    bounds: dict[str, Any] = {"now": now, "acting": stamps.acting, "batch": batch, "first": 0, "last": 1000}
    with begin() as rows:
        asked = voiding.ask_void(rows, **bounds, reason="mất cuộn")
        assert voiding.ask_void(rows, **bounds, reason="mất cuộn").id == asked.id
    elsewhere = officer(province, world, role="commune_officer", unit=commune_named(province, "Mộc Hóa"))
    with pytest.raises(NotFound), begin() as rows:
        voiding.decide(rows, now=now, acting=elsewhere, request_id=asked.id, agreed=True)
    with begin() as rows:
        voiding.decide(rows, now=now, acting=stamps.acting, request_id=asked.id, agreed=False)
    assert voided_of(session, stamps) == 0
    with begin() as rows:
        second = voiding.ask_void(rows, **bounds, reason="mất cuộn")
        voiding.decide(rows, now=now, acting=acting, request_id=second.id, agreed=True)
    assert voided_of(session, stamps) == 1001
