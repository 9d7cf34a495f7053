"""Everything about goods in one file: complete, readable, proven, noted; nobody gets another's."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from sqlalchemy import select

from portal.audit import AuditRow
from portal.db import begin
from portal.recalls import actions as recalls
from portal.recalls.actions import Danger
from portal.supply import collecting, events, packing
from portal.supply.actions import supply
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup, submit
from tests.portal.stamps.making import Stamps
from tests.traceability.epcis.making import harvest
from traceability import epcis, verify_bundle


@pytest.fixture
def made(stamps: Stamps, client: Any, world: Any) -> tuple[int, str]:
    """A batch with a recalled lot; one stamp was scanned, and everything is published."""
    batch = stamps.issue()
    lot_id = stamps.activate(batch, 0, 99)
    client.get(f"/s/{stamps.serial(batch, 3)}")
    with begin() as session:
        recalls.recall_lot(
            session, now=world.clock.now(), acting=stamps.acting, lot_id=lot_id,
            danger=Danger(instruction="=Trả lại", contact="1022", found_at=world.clock.now()),
            keys=world.field_keys, public_url=world.settings.public_url,
        )  # fmt: skip
    stamps.publish()
    return batch, lot_id


def opened(answer: Any) -> zipfile.ZipFile:
    assert answer.mimetype == "application/zip", answer.get_data(as_text=True)[:2000]
    assert answer.headers["Cache-Control"] == "no-store"
    return zipfile.ZipFile(io.BytesIO(answer.get_data()))


def test_a_lot_comes_whole(office: Any, stamps: Stamps, made: tuple[int, str], session: Any, world: Any) -> None:
    file = opened(submit(office, "/officer/supply", {"code": "L2026-114"}))
    about = json.loads(file.read("about.json"))
    assert about["counts"] == {
        "lots": 1, "batches": 1, "ranges": 1, "recalls": 1, "certificates": 0, "entries": 4, "stamps": 1, "events": 1,
        "bundles": 1, "stamps_not_to_be_proven_yet": 0,
    }  # fmt: skip
    lot = json.loads(file.read("lots.json"))[0]
    assert (lot["number"], lot["origin_words"], lot["producer"]) == (
        "L2026-114", "xã Tân Thạnh, tỉnh Tây Ninh", "Nguyễn Thị Hạnh",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(file.read("recalls.csv").decode("utf-8-sig"))))
    assert rows[0]["instruction"] == "'=Trả lại."
    kinds = {one["kind"] for one in json.loads(file.read("entries.json"))}
    assert kinds == {"batch_issued", "range_activated", "recall_opened", "event_recorded"}
    event = json.loads(file.read("events.json"))["epcisBody"]["eventList"][0]
    assert event["persistentDisposition"] == {"set": ["recalled"]}
    proof = file.read(f"bundles/{stamps.serial(made[0], 3)}.txt")
    keys = world.log_signer.keys.verifiers(world.log_signer.origin)
    assert verify_bundle(proof, log_keys=keys)
    acts = session.scalars(select(AuditRow.act).where(AuditRow.act.like("supply.%")).order_by(AuditRow.id)).all()
    assert list(acts) == ["supply.asked", "supply.given"]


def test_nothing_is_left_out_for_its_number(
    seller: Any, stamps: Stamps, made: tuple[int, str], client: Any, session: Any, world: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for room in (collecting, events):
        monkeypatch.setattr(room, "_AT_ONCE", 2)  # rows are read two at a time, and the file leaves in small pieces
    monkeypatch.setattr(packing, "_PIECE", 100)
    monkeypatch.setattr(epcis.journeys, "MOST_STEPS", 3)  # as many as a page shows
    batch, _lot = made
    for number in range(2, 9):
        stamps.activate(batch, 100 + number, 100 + number, lot_id=stamps.lot(batch, f"L{number}"))
        client.get(f"/s/{stamps.serial(batch, 100 + number)}")
    goods = f"http://localhost/lots/{made[1]}"
    steps = [
        harvest(
            action="OBSERVE", ilmd=None, bizStep="inspecting", quantityList=[{"epcClass": goods, "quantity": number}]
        )
        for number in range(1, 6)
    ]
    wrong = {**steps[0], "errorDeclaration": {"declarationTime": "2026-11-22T03:00:00Z", "reason": "incorrect_data"}}
    captor = epcis.Captor(name=str(stamps.acting.organisation_id))
    with begin() as rows:
        epcis.record_events(rows, now=world.clock.now(), events=[*steps, wrong], captor=captor)
    stamps.publish()
    later = stamps.issue(5)  # its proof waits for the log
    stamps.activate(later, 0, 4, lot_id=stamps.lot(later, "L9"))
    client.get(f"/s/{stamps.serial(later, 0)}")
    answer = submit(seller, "/my/supply", {"since": "2026-11-22", "until": "2026-11-22"})
    assert answer.is_streamed
    file = opened(answer)
    assert file.testzip() is None
    about = json.loads(file.read("about.json"))
    counts = {name: len(json.loads(file.read(f"{name}.json"))) for name in ("lots", "ranges", "stamps", "entries")}
    assert counts == {"lots": 9, "ranges": 9, "stamps": 9, "entries": 2 + 9 + 1 + 7}
    assert {name: about["counts"][name] for name in counts} == counts
    assert (about["counts"]["bundles"], about["counts"]["stamps_not_to_be_proven_yet"]) == (8, 1)
    told = json.loads(file.read("events.json"))["epcisBody"]["eventList"]
    assert [one.get("bizStep") for one in told].count("inspecting") == 6
    assert sum("errorDeclaration" in one for one in told) == 1
    sheet = list(csv.DictReader(io.StringIO(file.read("events.csv").decode("utf-8-sig"))))
    assert [one["eventID"] for one in sheet] == [one["eventID"] for one in told]
    assert [one["declaredWrongBecause"] for one in sheet].count("incorrect_data") == 1


def test_a_file_that_nobody_took_to_its_end_was_not_given(
    app: Any, stamps: Stamps, made: tuple[int, str], world: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "_PIECE", 10)
    _request, pieces = supply(world, acting=stamps.acting, scope=collecting.Scope(batch=made[0]))
    next(pieces)
    pieces.close()
    acts = session.scalars(select(AuditRow.act).where(AuditRow.act.like("supply.%"))).all()
    assert list(acts) == ["supply.asked"]


@pytest.mark.parametrize("what", ["batch", "stamp", "period"])
def test_a_batch_a_stamp_and_a_period_lead_there_too(
    seller: Any, stamps: Stamps, made: tuple[int, str], what: str
) -> None:
    asked = {
        "batch": {"code": str(made[0])},
        "stamp": {"code": stamps.serial(made[0], 77)},
        "period": {"since": "2026-11-22", "until": "2026-11-22"},
    }[what]
    file = opened(submit(seller, "/my/supply", asked))
    assert len(json.loads(file.read("lots.json"))) == 1
    assert len(json.loads(file.read("ranges.json"))) == 1


def test_nobody_gets_anothers(
    client: Any, stamps: Stamps, made: tuple[int, str], app: Any, world: Any, province: Any, session: Any
) -> None:
    elsewhere = officer_client(app, world, unit=commune_named(province, "Mộc Hóa"), phone="0912345679")
    for asked in ({"code": "L2026-114"}, {"code": str(made[0])}, {"since": "2026-11-22", "until": "2026-11-22"}):
        answer = submit(elsewhere, "/officer/supply", asked)
        assert answer.status_code == 400
        assert soup(answer).find(class_="error-summary") is not None
    assert elsewhere.get("/my/supply").status_code == 404


@pytest.mark.parametrize("asked", [{}, {"code": "U"}, {"since": "2026-11-22", "until": "2026-11-21"}, {"code": "77"}])
def test_bad_input_is_said(seller: Any, stamps: Stamps, asked: dict[str, str]) -> None:
    answer = submit(seller, "/my/supply", asked)
    assert answer.status_code == 400
    assert soup(answer).find(class_="error-summary") is not None
