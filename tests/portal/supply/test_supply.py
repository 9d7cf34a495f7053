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
from portal.supply import collecting, packing
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup, submit
from tests.portal.stamps.making import Stamps
from traceability import verify_bundle


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
        "lots": 1, "batches": 1, "ranges": 1, "recalls": 1, "certificates": 0, "entries": 3, "stamps": 1, "events": 1,
        "bundles": 1,
    }  # fmt: skip
    assert about["complete"] is True
    assert about["limits"] == packing.LIMITS
    page = soup(office.get("/officer/supply")).find("main").get_text(" ")
    assert all(number in page for number in ("2.000", "20.000", "500", "200"))
    lot = json.loads(file.read("lots.json"))[0]
    assert (lot["number"], lot["origin_words"], lot["producer"]) == (
        "L2026-114", "xã Tân Thạnh, tỉnh Tây Ninh", "Nguyễn Thị Hạnh",
    )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(file.read("recalls.csv").decode("utf-8-sig"))))
    assert rows[0]["instruction"] == "'=Trả lại."
    kinds = {one["kind"] for one in json.loads(file.read("entries.json"))}
    assert kinds == {"batch_issued", "range_activated", "recall_opened"}
    event = json.loads(file.read("events.json"))["epcisBody"]["eventList"][0]
    assert event["persistentDisposition"] == {"set": ["recalled"]}
    proof = file.read(f"bundles/{stamps.serial(made[0], 3)}.txt")
    keys = world.log_signer.keys.verifiers(world.log_signer.origin)
    assert verify_bundle(proof, log_keys=keys)
    acts = session.scalars(select(AuditRow.act).where(AuditRow.act.like("supply.%")).order_by(AuditRow.id)).all()
    assert list(acts) == ["supply.asked", "supply.given"]


def test_what_is_too_much_for_one_file_is_counted(
    seller: Any, stamps: Stamps, made: tuple[int, str], client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, _lot = made
    stamps.activate(batch, 100, 109, lot_id=stamps.lot(batch, "L2"))
    for index in (4, 5, 100):
        client.get(f"/s/{stamps.serial(batch, index)}")
    later = stamps.issue(5)  # its proof waits for the log
    stamps.activate(later, 0, 4, lot_id=stamps.lot(later, "L3"))
    client.get(f"/s/{stamps.serial(later, 0)}")
    period = {"since": "2026-11-22", "until": "2026-11-22"}
    whole = json.loads(opened(submit(seller, "/my/supply", period)).read("about.json"))
    assert (whole["counts"]["stamps"], whole["counts"]["bundles"]) == (5, 4)
    assert whole["left_out"] == {
        "lots": 0, "batches": 0, "ranges": 0, "stamps": 0, "bundles": 0, "bundles_not_to_be_proven_yet": 1,
    }  # fmt: skip
    monkeypatch.setattr(collecting, "MOST_LOTS", 2)
    monkeypatch.setattr(collecting, "MOST_STAMPS", 3)
    monkeypatch.setattr(packing, "MOST_BUNDLES", 1)
    short = json.loads(opened(submit(seller, "/my/supply", period)).read("about.json"))
    assert short["complete"] is False
    assert short["left_out"] == {
        "lots": 1, "batches": 0, "ranges": 1, "stamps": 1, "bundles": 2, "bundles_not_to_be_proven_yet": 0,
    }  # fmt: skip


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
