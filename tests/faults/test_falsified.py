"""Against believing oneself: one changed row, by SQL, and the command that watches it exits 1 and names it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from payments.models import Allocation, Request
from portal.counting.models import AdoptCell, AdoptDelta
from portal.marketplaces.models import ChannelAccount, ListingLive
from portal.pay.models import InstitutionList
from tests.faults.town import Town
from tests.supervisor import until
from traceability.models import TraceBatch, TraceEntry

WHERE_ALL = sa.true()


@pytest.fixture
def counted(town: Town) -> Town:
    """The town with a listing, a batch, a payment, all of it rolled up."""
    listing = town.publish(town.seller, town.product(town.seller, "Trà tim sen"))
    assert town.command("stamps", "issue", "--product", town.goods, "--count", "40")[0] == 0
    request = town.ask(f"falsified {listing}")
    assert town.notice("vnpay", request)().json()["RspCode"] == "00"
    town.settles(lambda: town.live(listing), why="the listing did not become live")
    town.calm()
    until(lambda: not town.count(AdoptDelta), why="the counts were not rolled up")
    town.sound()
    return town


@contextmanager
def changed(town: Town, model: Any, column: Any, new: Any, *, where: Any = WHERE_ALL) -> Iterator[Any]:
    """Change one row past the portal; put it back at the end. Gives the row's key."""
    key = sa.inspect(model).primary_key
    with town.rows() as session:
        row = session.execute(sa.select(*key, column).where(where).order_by(*key).limit(1)).one()
    own = sa.and_(*(part == value for part, value in zip(key, row, strict=False)))
    old = row[-1]
    try:
        with town.rows() as session:
            session.execute(sa.update(model).where(own).values({column: new(old)}))
        yield row[:-1]
    finally:
        with town.rows() as session:
            session.execute(sa.update(model).where(own).values({column: old}))


def recounted(town: Town) -> set[str]:
    """Return the figures that a recount names, as the command says it; its exit code agrees."""
    ran = town.portal.run_flask("adoption", "recount")
    said = json.loads(ran.stdout)
    assert ran.returncode == (1 if said["mismatches"] else 0)
    return {one["indicator"] for one in said["mismatches"]}


def in_here(town: Town) -> set[str]:
    """Return the same without a process of its own."""
    code, printed = town.command("adoption", "recount")
    said = json.loads(printed)
    assert code == (1 if said["mismatches"] else 0)
    return {one["indicator"] for one in said["mismatches"]}


def test_one_source_row_is_changed(counted: Town) -> None:
    with changed(counted, TraceBatch, TraceBatch.count, lambda old: old + 1):
        assert recounted(counted) == {"QR_STAMP", "QR_STAMP_NEW"}
    now = datetime.now(UTC)
    for model, column, new, where, figures in (
        (ListingLive, ListingLive.to_at, lambda _: now, ListingLive.to_at.is_(None), {"LISTING", "PRODUCT_LISTED"}),
        (
            ChannelAccount,
            ChannelAccount.voided_at,
            lambda _: now,
            ChannelAccount.created_at.is_not(None),
            {"HH_ACCOUNT"},
        ),
        (Allocation, Allocation.amount_minor, lambda old: old - 1, Allocation.undone_at.is_(None), {"PAY_VND"}),
        (Allocation, Allocation.undone_at, lambda _: now, Allocation.undone_at.is_(None), {"PAY_N", "PAY_VND"}),
        (
            InstitutionList,
            InstitutionList.to_at,
            lambda _: now,
            InstitutionList.to_at.is_(None),
            {"INST_LISTED", "INST_CASHLESS"},
        ),
    ):
        with changed(counted, model, column, new, where=where):
            assert in_here(counted) >= figures, model
    assert in_here(counted) == set()


def test_one_count_is_changed(counted: Town) -> None:
    stamps = sa.and_(AdoptCell.indicator == "QR_STAMP", AdoptCell.cut == "_T")
    with changed(counted, AdoptCell, AdoptCell.closing, lambda old: old + 1, where=stamps) as (code, cut, month, area):
        ran = counted.portal.run_flask("adoption", "recount")
        assert ran.returncode == 1
        where = {"indicator": code, "cut": cut, "month": month, "area": area}
        said = json.loads(ran.stdout)["mismatches"]
        assert [one for one in said if where.items() <= one.items()] == said != []
    with changed(counted, AdoptCell, AdoptCell.net, lambda old: old - 1, where=AdoptCell.indicator == "PAY_N"):
        assert in_here(counted) == {"PAY_N"}
    assert in_here(counted) == set()


def test_a_paid_request_is_changed(counted: Town) -> None:
    paid = Request.status == "paid"
    with changed(counted, Request, Request.allocated_minor, lambda old: old - 1, where=paid) as (seq,):
        with counted.rows() as session:
            request_id = session.get_one(Request, seq).id
        ran = counted.portal.run_flask("invariants")
        assert ran.returncode == 1
        assert any(request_id in one for one in json.loads(ran.stdout)["I1"]["breaches"])
    assert counted.command("invariants")[0] == 0


def test_an_entry_of_the_log_is_changed(counted: Town) -> None:
    def other(data: bytes) -> bytes:
        return data[:-2] + (b"0" if data[-2:-1] != b"0" else b"1") + data[-1:]

    with changed(counted, TraceEntry, TraceEntry.data, other) as (entry,):
        ran = counted.portal.run_flask("ledger", "fsck")
        assert ran.returncode == 1
        found = json.loads(ran.stdout)["differences"]
        assert any((one["area"], one["subject"]) == ("entry", str(entry)) for one in found)
    with changed(counted, TraceBatch, TraceBatch.root, lambda old: bytes(32)) as (batch,):
        code, said = counted.command("ledger", "fsck")
        assert code == 1
        assert any((one["area"], one["subject"]) == ("batch", str(batch)) for one in json.loads(said)["differences"])
    assert counted.command("ledger", "fsck")[0] == 0  # and the marks that scans would show are gone again
