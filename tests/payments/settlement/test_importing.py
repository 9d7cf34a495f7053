"""A provider's file against our books: every outcome, all or nothing, once, in any order."""

import random
from datetime import timedelta

from sqlalchemy import select

import payments
from payments.settlement.errors import (
    ColumnsMissing,
    FileUnreadable,
    ForeignRow,
    FormatUnknown,
    IncompleteFile,
    KeyDiffers,
    RowInvalid,
    TotalsMissing,
)
from payments.settlement.listing import open_differences
from payments.settlement.tables import Difference, FileRow, Match, Outcome, Payout, SettlementFile
from payments.settlement.totals import Totals
from tests.payments.living import Killed, killed_at
from tests.payments.scene import AT, books, case_kinds, count, school
from tests.payments.settlement.days import BATCH, DAY, FEE, counts, csv, lines_of, paid, refusal, row, settled, xlsx

AMOUNTS = (450_000, 600_000, 150_000)


def day_of(transactions, **more):
    return [row(one.provider_txn_id, one.amount_minor, **more) for one in transactions]


def test_a_true_file_matches_every_row_and_books_the_fees_on_their_own_lines(session, tmp_path):
    payee = school(session)
    path = csv(tmp_path, day_of(paid(session, payee, *AMOUNTS)))
    imported = settled(session, path)
    assert counts(imported) == {"matched": 3}
    assert imported.rows == 3
    assert not imported.already_imported
    assert books(session, payee) == {
        "owed": -1_200_000, "provider:vnpay": 1_200_000 - 3 * FEE, "fees": 3 * FEE,
    }  # fmt: skip
    payout = session.scalars(select(Payout)).one()
    assert (payout.batch_id, payout.net_minor, payout.status) == (BATCH, 1_200_000 - 3 * FEE, "expected")
    assert payout.expected_on.isoformat() == "2026-03-23"


def test_the_same_file_again_changes_nothing(session, tmp_path):
    payee = school(session)
    path = csv(tmp_path, day_of(paid(session, payee, *AMOUNTS)))
    first = settled(session, path)
    before = books(session, payee), count(session, Match), count(session, Payout)
    again = settled(session, path.rename(tmp_path / "other-name.csv"), now=AT + timedelta(days=1))
    assert again.already_imported
    assert (again.file_id, again.counts) == (first.file_id, first.counts)
    assert (books(session, payee), count(session, Match), count(session, Payout)) == before


def test_the_order_of_rows_does_not_matter(session, tmp_path):
    payee = school(session)
    rows = [*day_of(paid(session, payee, *AMOUNTS)), row(99, 70_000)]
    random.Random(1).shuffle(rows)
    assert counts(settled(session, csv(tmp_path, rows))) == {"matched": 3, "missing_here": 1}


def test_a_day_with_every_outcome(session, tmp_path):
    payee = school(session)
    transactions = paid(session, payee, 450_000, 600_000, 150_000, 80_000, 90_000)
    rows = day_of(transactions[:4])
    rows[1] = row(transactions[1].provider_txn_id, 60_000)
    rows[2] = row(transactions[2].provider_txn_id, 150_000, status="reversed", fee=0, net=0)
    rows += [rows[0], row("999", 70_000), row("", 1_500, type="fee", amount=0, fee=1_500, net=-1_500)]
    imported = settled(session, csv(tmp_path, rows))
    assert counts(imported) == {
        "matched": 3, "missing_at_provider": 1, "missing_here": 1, "amount_differs": 1, "status_differs": 1,
        "duplicate": 1,
    }  # fmt: skip
    found = {
        Outcome(one.outcome).word: (one.state, one.ours_minor, one.theirs_minor)
        for one, *_ in open_differences(session)
    }
    assert found == {
        "missing_here": ("open", None, 70_000),
        "amount_differs": ("open", 600_000, 60_000),
        "status_differs": ("open", 150_000, 150_000),
        "duplicate": ("open", 450_000, 450_000),
        "missing_at_provider": ("waiting", 90_000, None),
    }
    assert case_kinds(session) == ["file_differs"] * 4
    # Counted once: of the row that stands twice, one fee is the school's; no figure of a payment has changed.
    own = books(session, payee)
    assert own["owed"] == -1_370_000
    assert own["fees"] == 3 * FEE


def test_what_the_file_of_the_next_day_lacks_too_is_for_a_person(session, tmp_path):
    payee = school(session)
    transactions = paid(session, payee, *AMOUNTS)
    rows = day_of(transactions)
    settled(session, csv(tmp_path, rows[:1]))
    assert case_kinds(session) == []
    late = row(transactions[1].provider_txn_id, 600_000, business_date="2026-03-23", batch_id="VNP20260323")
    imported = settled(session, csv(tmp_path, [late], name="next.csv", day="2026-03-23"))
    assert counts(imported) == {"wrong_day": 1}
    waits = [(one.state, transaction.seq) for one, _, _, transaction in open_differences(session)]
    assert waits == [("open", transactions[2].seq)]
    assert case_kinds(session) == ["file_differs"]


def test_a_transaction_in_two_files_counts_once(session, tmp_path):
    payee = school(session)
    transactions = paid(session, payee, *AMOUNTS)
    settled(session, csv(tmp_path, day_of(transactions)))
    before = books(session, payee)
    again = row(transactions[0].provider_txn_id, 450_000, batch_id="OTHER1")
    assert counts(settled(session, csv(tmp_path, [again], name="two.csv"))) == {"duplicate": 1}
    assert books(session, payee) == before


def test_a_second_file_of_a_day_tells_what_it_lacks_as_well_no_second_time(session, tmp_path):
    payee = school(session)
    transactions = paid(session, payee, *AMOUNTS)
    rows = day_of(transactions)
    assert counts(settled(session, csv(tmp_path, rows[:1]))) == {"matched": 1, "missing_at_provider": 2}
    assert counts(settled(session, csv(tmp_path, rows[:2], name="more.csv"))) == {"matched": 1, "duplicate": 1}
    lacking = [(one.state, money.seq) for one, _, row, money in open_differences(session) if row is None]
    assert lacking == [("waiting", transactions[2].seq)]
    assert books(session, payee)["fees"] == 2 * FEE


def test_a_payment_of_any_other_day_is_found_by_its_id(session, tmp_path):
    payee = school(session)
    rows = day_of(paid(session, payee, *AMOUNTS), business_date="2026-04-20")
    imported = settled(session, csv(tmp_path, [*rows, row("999", 70_000)], day="2026-04-20"))
    assert counts(imported) == {"wrong_day": 3, "missing_here": 1}
    seqs = session.scalars(select(Match.transaction_seq).where(Match.transaction_seq.is_not(None)))
    assert len(set(seqs)) == 3
    assert books(session, payee)["fees"] == 3 * FEE


def test_an_id_means_itself_whatever_stands_in_it(session, tmp_path):
    payee = school(session)
    transactions = paid(session, payee, *AMOUNTS)
    names = ['a"b,c', "\\N", "x\ty'"]
    for one, name in zip(transactions, names, strict=True):
        one.provider_txn_id = name
    session.flush()
    cells = ['"' + one.replace('"', '""') + '"' for one in names]
    rows = [row(cell, one.amount_minor) for cell, one in zip(cells, transactions, strict=True)]
    assert counts(settled(session, csv(tmp_path, rows))) == {"matched": 3}
    assert list(session.scalars(select(FileRow.provider_txn_id).order_by(FileRow.row_no))) == names


def test_what_the_books_could_not_hold_is_refused(session, tmp_path):
    most = 10**18 - 1
    rows = [row(number, most, fee=0) for number in range(1, 11)]
    assert refusal(session, csv(tmp_path, rows)) is IncompleteFile
    assert counts(settled(session, csv(tmp_path, rows[:9], name="nine.csv"))) == {"missing_here": 9}
    assert session.scalars(select(SettlementFile.net_minor)).one() == 9 * most


def test_without_a_known_id_reference_amount_and_day_decide(session, tmp_path):
    payee = school(session)
    transactions = paid(session, payee, *AMOUNTS)
    refs = [payments.get_attempt(session, one.attempt_id).merchant_ref for one in transactions]
    rows = [
        row("A-1", 450_000, merchant_ref=refs[0]),
        row("A-2", 600_001, merchant_ref=refs[1]),
        row("", 150_000, merchant_ref=refs[2]),
    ]
    assert counts(settled(session, csv(tmp_path, rows))) == {
        "matched": 2, "missing_here": 1, "missing_at_provider": 1,
    }  # fmt: skip


def test_a_workbook_is_read_like_a_csv(session, tmp_path):
    payee = school(session)
    lines = lines_of(day_of(paid(session, payee, *AMOUNTS)))
    assert counts(settled(session, xlsx(tmp_path / "day.xlsx", lines))) == {"matched": 3}


def own_lines(transactions, *, total=None):
    head = [
        "TransactionNo",
        "TxnRef",
        "TransactionType",
        "Amount",
        "Fee",
        "NetAmount",
        "PayDate",
        "BatchNo",
        "TransactionStatus",
    ]
    rows = []
    for one in transactions:
        sums = [str(sum_ * 100) for sum_ in (one.amount_minor, FEE, one.amount_minor - FEE)]
        rows.append([one.provider_txn_id, "", "01", *sums, "20260322153500", "7701001", "00"])
    net = sum(one.amount_minor - FEE for one in transactions) * 100
    return [head, *rows, ["TOTAL", str(len(rows)), str(net if total is None else total)]]


def test_a_providers_own_columns_are_read_through_its_map(session, tmp_path):
    payee = school(session)
    path = tmp_path / "vnpay.csv"
    transactions = paid(session, payee, *AMOUNTS)
    for total, error in ((5, IncompleteFile), (None, None)):
        lines = own_lines(transactions, total=total)
        path.write_text("\ufeff" + "\n".join(",".join(line) for line in lines), "utf-8")
        assert error is None or refusal(session, path) is error
    assert counts(settled(session, path)) == {"matched": 3}
    file = session.scalars(select(SettlementFile)).one()
    assert (file.business_date.isoformat(), file.net_minor) == (DAY, 1_200_000 - 3 * FEE)


def test_a_format_without_totals_needs_the_letter_or_a_waiver(session, tmp_path):
    text = "transId,orderId,type,amount,fee,netAmount,transTime,settlementId,status\n"
    text += "5001,abc,PAYMENT,10000,0,10000,2026-03-22 08:00:00,S1,SUCCESS\n"
    path = tmp_path / "momo.csv"
    path.write_text(text)
    assert refusal(session, path, provider="momo") is TotalsMissing
    assert refusal(session, path, provider="momo", given=Totals(rows=2, net=10_000)) is IncompleteFile
    imported = settled(session, path, provider="momo", given=Totals(rows=1, net=10_000))
    assert counts(imported) == {"missing_here": 1}
    path.write_text(text + "5002,abd,PAYMENT,10000,0,10000,2026-03-22 08:00:00,S1,SUCCESS\n")
    settled(session, path, provider="momo", waiver="no covering letter came")
    waivers = session.scalars(select(SettlementFile.waiver).order_by(SettlementFile.no))
    assert list(waivers) == [None, "no covering letter came"]


ROWS = [row(number, 10_000 * number) for number in range(1, 5)]
BAD = {
    "cut in the middle of a line": (IncompleteFile, {"keep": -40}),
    "cut after a whole line": (IncompleteFile, {"keep": -7}),
    "count": (IncompleteFile, {"rows": 3}),
    "amount": (IncompleteFile, {"amount": 1}),
    "fee": (IncompleteFile, {"fee": 1}),
    "net": (IncompleteFile, {"net": 1}),
    "another provider's file": (ForeignRow, {"provider": "momo"}),
}
BAD_ROWS = {
    "net of a row": (IncompleteFile, {"net": 5}),
    "another provider's row": (ForeignRow, {"provider": "momo"}),
    "key twice with other figures": (KeyDiffers, {"provider_txn_id": "1"}),
    "fraction": (RowInvalid, {"amount": "50000.5", "net": 1}),
    "underscore": (RowInvalid, {"amount": "5_0", "net": 1}),
    "more than there is": (RowInvalid, {"amount": 10**19}),
    "below zero": (RowInvalid, {"amount": -5, "net": -5, "fee": 0}),
    "type": (RowInvalid, {"type": "gift"}),
    "status": (RowInvalid, {"status": "maybe"}),
    "currency": (RowInvalid, {"currency": "USD"}),
    "date": (RowInvalid, {"business_date": "22/03/2026"}),
    "too long": (RowInvalid, {"merchant_ref": "x" * 65}),
}


def test_a_file_in_which_one_thing_does_not_hold_is_refused_whole(session, tmp_path):
    made = [(name, error, csv(tmp_path, ROWS, name=f"{name}.csv", **how)) for name, (error, how) in BAD.items()]
    for name, (error, how) in BAD_ROWS.items():
        made.append((name, error, csv(tmp_path, [*ROWS, row(7, 70_000, **how)], name=f"{name}.csv")))
    for name, error, path in made:
        assert refusal(session, path) is error, name
        assert (count(session, SettlementFile), count(session, FileRow)) == (0, 0), name


def test_what_is_no_list_at_all_is_named(session, tmp_path):
    path = tmp_path / "x.csv"
    for content, error, provider in (
        (b"\x50\x4b\x03\x04 no book", FileUnreadable, "vnpay"),
        (b"TransactionNo,Am\xff", FileUnreadable, "vnpay"),
        (b"a,b\n1,2\n", ColumnsMissing, "vnpay"),
        (b"#portal-settlement,1,vnpay,2026-03-22,0,0,0,0\na,b\n#end,0\n", ColumnsMissing, "vnpay"),
        (b"a,b\n1,2\n", FormatUnknown, "nobody"),
        (b"", ColumnsMissing, "vnpay"),
    ):
        path.write_bytes(content)
        assert refusal(session, path, provider=provider) is error, content


def test_killed_at_any_statement_nothing_of_a_file_is_left_and_the_next_try_is_whole(session, tmp_path):
    payee = school(session)
    rows = day_of(paid(session, payee, *AMOUNTS))
    rows[1] = row(rows[1]["provider_txn_id"], 60_000)
    path = csv(tmp_path, [*rows, row("999", 70_000)])
    before, whole = books(session, payee), set()
    for statement in range(2, 80, 13):
        savepoint = session.begin_nested()
        inner = session.begin_nested()
        try:
            with killed_at(session, statement):
                settled(session, path)
        except Killed:
            inner.rollback()
            session.expunge_all()
            assert (count(session, SettlementFile), count(session, FileRow), count(session, Match)) == (0, 0, 0)
            assert books(session, payee) == before
            settled(session, path)
        whole.add((tuple(sorted(books(session, payee).items())), count(session, Match), count(session, Difference)))
        assert settled(session, path).already_imported
        savepoint.rollback()
        session.expunge_all()
    assert len(whole) == 1
