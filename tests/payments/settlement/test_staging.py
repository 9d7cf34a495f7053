"""Rows are stored as they stand in the file, however many go into one statement and whatever they have in common."""

from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import select

from payments.settlement import blocks, differences, importing, staging
from payments.settlement.errors import RowInvalid
from payments.settlement.tables import Difference, FileRow, Match, Outcome, Payout, PayoutShare
from tests.payments.scene import books, count, school
from tests.payments.settlement.days import BATCH, FEE, counts, csv, paid, refusal, row, settled


def stored(session):
    query = select(
        FileRow.row_no, FileRow.type, FileRow.provider_txn_id, FileRow.merchant_ref, FileRow.original_ref,
        FileRow.amount_minor, FileRow.fee_minor, FileRow.net_minor, FileRow.txn_time, FileRow.batch_id, FileRow.status,
    )  # fmt: skip
    return [tuple(one) for one in session.execute(query.order_by(FileRow.row_no))]


def wanted(rows):
    names = ("type", "provider_txn_id", "merchant_ref", "original_ref")
    figures = ("amount", "fee", "net")
    return [
        (
            number,
            *(one[name] for name in names),
            *(int(one[name]) for name in figures),
            *(one[name] for name in ("txn_time", "batch_id", "status")),
        )
        for number, one in enumerate(rows, 1)
    ]


@pytest.mark.parametrize("count", [1, 39, 40, 41, 97])
@pytest.mark.parametrize("form", ["alike", "odd last", "all differ"])
def test_what_is_stored_is_what_the_file_says(session, tmp_path, count, form):
    rows = [row(number, 10_000 if form == "alike" else 10_000 * number) for number in range(1, count + 1)]
    if form == "odd last":
        rows[-1] = row("", 1_500, type="fee", amount=0, fee=1_500, net=-1_500, batch_id="B2", merchant_ref="é\\t")
    if form == "all differ":
        for number, one in enumerate(rows):
            one |= {"merchant_ref": f"r{number}", "original_ref": f"o{number}", "batch_id": f"B{number % 3}"}
    settled(session, csv(tmp_path, rows))
    assert stored(session) == wanted(rows)


def test_rows_that_meet_nothing_are_judged_page_by_page_each_once(session, tmp_path, monkeypatch):
    monkeypatch.setattr(differences, "_PAGE", 2)
    monkeypatch.setattr(blocks, "BLOCK", 1)
    (one,) = paid(session, school(session), 450_000)
    rows = [row(number, 10_000, merchant_ref=f"r{number}") for number in (1, 2, 3)]
    rows += [row(one.provider_txn_id, 450_000), row(4, 10_000), row(1, 10_000, merchant_ref="r1")]
    settled(session, csv(tmp_path, rows))
    missing, again, matched = Outcome.MISSING_HERE, Outcome.DUPLICATE, Outcome.MATCHED
    met = session.execute(select(Match.row_no, Match.outcome).order_by(Match.row_no))
    assert dict(map(tuple, met)) == {1: missing, 2: missing, 3: missing, 4: matched, 5: missing, 6: again}
    noted = session.scalars(select(Difference.row_no).where(Difference.row_no.is_not(None)).order_by(Difference.seq))
    assert list(noted) == [1, 2, 3, 5, 6]


def test_blank_lines_do_not_end_a_file(session, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 1)
    path = csv(tmp_path, [row(number, 10_000) for number in (1, 2, 3)])
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], "", "", *lines[4:]]))
    assert settled(session, path).rows == len(stored(session)) == 3


def test_each_batch_of_a_file_comes_to_its_own_sums(session, tmp_path):
    payee = school(session)
    one, two, three = paid(session, payee, 450_000, 600_000, 150_000)
    rows = [
        row(one.provider_txn_id, 450_000),
        row(two.provider_txn_id, 600_000, batch_id="B2"),
        row(three.provider_txn_id, 150_000, batch_id="B2"),
        row("", 0, type="fee", amount=0, fee=1_500, net=-1_500, batch_id="B2"),
    ]
    settled(session, csv(tmp_path, rows))
    query = select(Payout.batch_id, PayoutShare.fee_minor, PayoutShare.net_minor).join(
        PayoutShare, PayoutShare.payout_seq == Payout.seq
    )
    assert sorted(map(tuple, session.execute(query))) == [
        ("B2", 1_500, -1_500), ("B2", 2 * FEE, 750_000 - 2 * FEE), (BATCH, FEE, 450_000 - FEE),
    ]  # fmt: skip
    assert dict(map(tuple, session.execute(select(Payout.batch_id, Payout.net_minor)))) == {
        BATCH: 450_000 - FEE, "B2": 750_000 - 2 * FEE - 1_500,
    }  # fmt: skip
    assert books(session, payee)["fees"] == 3 * FEE


def test_of_one_batch_the_providers_own_fee_is_the_houses(session, tmp_path):
    (one,) = paid(session, school(session), 450_000)
    rows = [row(one.provider_txn_id, 450_000), row("", 0, type="fee", amount=0, fee=1_500, net=-1_500)]
    settled(session, csv(tmp_path, rows))
    shares = session.execute(select(PayoutShare.fee_minor, PayoutShare.net_minor))
    assert sorted(map(tuple, shares)) == [(1_500, -1_500), (FEE, 450_000 - FEE)]
    assert session.scalars(select(Payout.net_minor)).one() == 450_000 - FEE - 1_500


def test_the_engine_has_room_for_a_file_and_knows_its_size(session, tmp_path):
    one, two = paid(session, school(session), 450_000, 600_000)
    rows = [row(number, 10_000) for number in range(1, 96)]
    settled(session, csv(tmp_path, [*rows, row(one.provider_txn_id, 450_000), row(two.provider_txn_id, 600_000)]))
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        asked = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("cache_size", "mmap_size")]
        assert asked == [-262_144, 1 << 30]
        return
    size = "SELECT reltuples FROM pg_class WHERE relname = 'pay_settlement_{}'"
    sizes = [connection.exec_driver_sql(size.format(name)).scalar() for name in ("rows", "matches")]
    asked = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in ("work_mem", "jit")]
    assert (sizes, asked) == ([97, 2], ["256MB", "off"])


def test_rows_are_matched_while_others_are_read_and_each_stands_once(session, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 1)
    transactions = paid(session, school(session), *range(10_000, 120_000, 10_000))
    rows = [row(one.provider_txn_id, one.amount_minor) for one in transactions]
    rows[3] = row(transactions[3].provider_txn_id, 5_000)
    told = []
    imported = settled(session, csv(tmp_path, [*rows[1:], rows[0], rows[5]]), progress=told.append)
    assert counts(imported) == {"matched": 10, "amount_differs": 1, "duplicate": 1}
    assert told == list(range(1, 13))
    met = session.execute(select(Match.row_no, Match.transaction_seq).order_by(Match.row_no)).all()
    assert [seq for _, seq in met] == [one.seq for one in (*transactions[1:], transactions[0], transactions[5])]


def test_a_file_that_breaks_off_while_rows_are_matched_leaves_nothing(session, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 1)
    transactions = paid(session, school(session), *range(10_000, 70_000, 10_000))
    rows = [row(one.provider_txn_id, one.amount_minor) for one in transactions]
    rows[-1]["currency"] = "USD"
    assert refusal(session, csv(tmp_path, rows)) is RowInvalid
    assert (count(session, FileRow), count(session, Match)) == (0, 0)


def test_a_write_that_fails_beside_the_reading_is_not_swallowed(session, tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK", 1)
    one, two, three, four = (row(number, 10_000) for number in range(1, 5))
    many = csv(tmp_path, [one, two | {"batch_id": "B2"}, three, four])
    with session.begin_nested() as inner:
        stored = staging.storing(session, FileRow)
        monkeypatch.setattr(importing, "storing", lambda *_args: broken(stored, row_no=2))
        with pytest.raises(RuntimeError, match="disk full"):
            settled(session, many)
        inner.rollback()
    assert (count(session, FileRow), count(session, Match)) == (0, 0)


@contextmanager
def broken(stored, *, row_no):
    def write(rows, whole):
        if row_no in rows["row_no"]:
            raise RuntimeError("disk full")
        whole()

    with stored as ready:
        yield lambda rows: partial(write, rows, ready(rows))
