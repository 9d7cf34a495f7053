"""A bank's statement: each line once whoever tells it first, refused whole with the row named, of this account."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import Client

from payments import cases
from payments.gateways.protocol import BankLine
from payments.models import Feed, Suspense, Transaction
from payments.money import Money
from payments.settlement.errors import FileRefused
from payments.settlement.statement_importing import ImportedStatement, import_statement
from payments.settlement.statement_reading import read_statement
from payments.settlement.statement_tables import StatementLine
from payments.settlement.tables import Payout
from payments.settlement.told import Seen, pair
from tests.payments.loopback import opened
from tests.payments.scene import ACCOUNT, AT, ask, bank_notice, books, case_kinds, hear, school, sepay
from tests.payments.settlement.days import csv, paid, row, settled, xlsx

BANK = f"bank:{ACCOUNT}"
DAY = "2026-03-22"
OPENING = 10_000_000
NOW = AT + timedelta(hours=4)

Line = tuple[str, str, int]


def lines_of(
    rows: list[Line], /, *, account: str = ACCOUNT, day: str = DAY, opening: int = OPENING, **wrong: int
) -> list[list[Any]]:
    """Return a statement in our layout: reference, memo and signed amount of each line; the balances follow."""
    found, balance = [], opening
    for reference, memo, amount in rows:
        balance += amount
        found.append([f"{day} 15:35:00", reference, memo, -amount if amount < 0 else "", max(amount, 0) or "", balance])
    said = {"rows": len(rows), "closing": balance} | wrong
    first = ["#portal-statement", 1, "970436", account, day, day, said["rows"], opening, said["closing"]]
    return [first, ["date", "reference", "description", "debit", "credit", "balance"], *found, ["#end", said["rows"]]]


def written(folder: Path, lines: list[list[Any]], /, *, name: str = "statement.csv", keep: int | None = None) -> Path:
    """Write lines as a CSV, cut after so many of them if asked."""
    path = folder / name
    path.write_text("\n".join(",".join(map(str, line)) for line in lines[:keep]) + "\n", "utf-8")
    return path


def taken(session: Session, payee: Any, path: Path, *, now: Any = NOW) -> ImportedStatement:
    return import_statement(session, path=path, payee_id=payee.id, now=now, actor="lo_accountant")


def counts(imported: ImportedStatement) -> dict[str, int]:
    return {name: count for name, count in imported.counts.items() if count}


def test_what_a_feed_told_counts_once_and_the_rest_is_booked_as_a_feed_would(session: Session, tmp_path: Path) -> None:
    payee = school(session)
    one, other = ask(session, payee), ask(session, payee, 600_000)
    hear(
        session,
        sepay(),
        bank_notice(number=1, amount=450_000, memo=one.code, referenceCode="FT01", accumulated=OPENING + 450_000),
    )
    path = written(tmp_path, lines_of([("FT01", one.code, 450_000), ("FT02", other.code.lower(), 600_000),
                                       ("FT03", "nop tien hoc", 70_000), ("FT04", "phi", -11_000)]))  # fmt: skip
    done = taken(session, payee, path)
    assert counts(done) == {"seen": 1, "matched": 1, "unmatched": 1, "outgoing": 1}
    assert [part.request_ids for part in done.booked if part.request_ids] == [(other.id,)]
    assert (one.status, one.exceptions, other.status) == ("paid", "", "paid")
    assert books(session, payee) == {BANK: 1_120_000, "owed": -1_050_000, "suspense": -70_000}
    assert case_kinds(session) == ["unmatched"]
    waits = select(Transaction.memo).join(Suspense, Suspense.transaction_id == Transaction.id)
    assert session.scalars(waits.where(Suspense.status == "open")).all() == ["nop tien hoc"]
    again = taken(session, payee, path)
    assert (again.already_imported, again.statement_id, again.booked) == (True, done.statement_id, ())
    # A file of more days, newest first and as a workbook, brings the same lines: nothing is booked again.
    head, names, *rows, end = lines_of([("FT01", one.code, 450_000), ("FT02", other.code, 600_000),
                                        ("FT03", "nop tien hoc", 70_000), ("FT04", "phi", -11_000)])  # fmt: skip
    texts = [[str(cell) for cell in line] for line in [head, names, *rows[::-1], end]]
    assert counts(taken(session, payee, xlsx(tmp_path / "week.xlsx", texts))) == {"seen": 4}
    assert books(session, payee)[BANK] == 1_120_000


def test_what_the_statement_told_first_the_feed_does_not_book_again(session: Session, tmp_path: Path) -> None:
    payee = school(session)
    request = ask(session, payee)
    lines = [("FT01", request.code, 450_000), ("", "hai lan", 80_000), ("", "hai lan", 80_000)]
    taken(session, payee, written(tmp_path, lines_of(lines)))
    late = [bank_notice(number=7, amount=450_000, memo=request.code, referenceCode="FT01", accumulated=0)]
    late += [bank_notice(number=number, amount=80_000, memo="hai lan", accumulated=0) for number in (8, 9)]
    for notice in [*late, *late]:
        hear(session, sepay(), notice)
    assert (request.exceptions, books(session, payee)[BANK]) == ("", 610_000)
    assert sorted(filter(None, session.scalars(select(StatementLine.told_by)))) == ["sepay:8", "sepay:9"]
    # A third of the same sum is another payment.
    hear(session, sepay(), bank_notice(number=10, amount=80_000, memo="hai lan", accumulated=0))
    assert books(session, payee)[BANK] == 690_000


def test_a_gateways_payout_is_found_in_the_statement(session: Session, tmp_path: Path) -> None:
    payee = school(session)
    paid(session, payee, 450_000)
    settled(session, csv(tmp_path, [row(14_000_001, 450_000)]))
    net = 450_000 - 2_200
    memo = "VNPAY TT LO VNP20260322"
    done = taken(session, payee, written(tmp_path, lines_of([("FT09", memo, net)], day="2026-03-23")),
                 now=AT + timedelta(days=1))  # fmt: skip
    assert counts(done) == {"unmatched": 1, "payouts": 1}
    assert session.scalars(select(Payout.status)).all() == ["paid"]
    assert books(session, payee) == {BANK: net, "fees": 2_200, "owed": -450_000}


def test_what_the_bank_does_not_list_is_a_case_until_it_does(session: Session, tmp_path: Path) -> None:
    payee = school(session)
    hear(session, sepay(), bank_notice(number=1, amount=90_000, memo="hom truoc", referenceCode="FT90"))
    assert counts(taken(session, payee, written(tmp_path, lines_of([])))) == {}  # it may stand on the next day
    tomorrow = AT + timedelta(days=1)
    empty = written(tmp_path, lines_of([], day="2026-03-23"), name="next.csv")
    assert counts(taken(session, payee, empty, now=tomorrow)) == {"missing_at_bank": 1}
    assert case_kinds(session) == ["bank_lacks", "unmatched"]
    true = written(tmp_path, lines_of([("FT90", "hom truoc", 90_000)]), name="true.csv")
    assert counts(taken(session, payee, true, now=tomorrow)) == {"seen": 1}
    assert [one.kind for one in cases.open_cases(session)] == ["unmatched"]


def spoiled() -> dict[str, tuple[Any, tuple[str, int | None]]]:
    """Return by name how a statement of three lines is spoiled, and for what and which row it is refused then."""
    good = [("FT1", "mot", 100_000), ("FT2", "hai", 200_000), ("FT3", "ba", 300_000)]
    whole = lines_of(good)
    no_sum = [[*line] for line in whole]
    no_sum[3][4] = "200000.5"
    both = [[*line] for line in whole]
    both[4][3] = 5
    return {
        "cut before its end": (whole[:-1], ("statement_cut", 5)),
        "cut in its last rows": ([*whole[:4], whole[-1]], ("statement_cut", 4)),
        "another closing balance": (lines_of(good, closing=1), ("statement_cut", 5)),
        "a row left out": ([*whole[:3], *whole[4:]], ("statement_balance", 4)),
        "another account": (lines_of(good, account="99998888"), ("foreign_account", None)),
        "half a đồng": (no_sum, ("bad_row", 4)),
        "in and out at once": (both, ("bad_row", 5)),
        "another day": ([*whole[:2], ["2026-03-21", "a", "b", "", 5, 5], *whole[2:]], ("statement_balance", 3)),
        "no figures": ([["#portal-statement", 1, "970436"], *whole[1:]], ("bad_row", 1)),
        "other headings": ([["a", "b"], ["c", "d"]], ("settlement_columns", None)),
        "days to come": (lines_of(good, day="2026-03-23"), ("bad_row", 3)),
        "days to come, without rows": (lines_of([], day="2026-03-23"), ("bad_row", 1)),
        "what no text has": (lines_of([("FT\x001", "mot", 1_000)]), ("settlement_unreadable", None)),
        "and in quotes, far below": (
            [*whole[:2], *([f'"{"x" * 99}"'] * 45_000), ["FT\x001"]],
            ("settlement_unreadable", None),
        ),
        "days of no bank": (lines_of([], day="0001-01-01"), ("bad_row", 1)),
        "a balance of no account": (lines_of(good, opening=10**19), ("bad_row", 1)),
        "a sum of no account": (
            [*whole[:3], [f"{DAY} 15:35:00", "x", "y", "", 10**19, 10**19], whole[-1]],
            ("bad_row", 4),
        ),
    }


def test_a_file_that_does_not_hold_is_refused_whole_and_the_row_named(session: Session, tmp_path: Path) -> None:
    payee = school(session)
    for name, (lines, (code, at)) in spoiled().items():
        path = written(tmp_path, lines)
        with session.begin_nested() as inner, pytest.raises(FileRefused) as refused:
            taken(session, payee, path)
        if inner.is_active:
            inner.rollback()
        assert (refused.value.code, refused.value.fields.get("row")) == (code, at), name
    assert session.scalars(select(Transaction.seq)).all() == []


def test_another_banks_same_account_number_is_refused(session: Session, tmp_path: Path) -> None:
    payee = school(session, bank_bin="970415")
    with pytest.raises(FileRefused) as refused:
        taken(session, payee, written(tmp_path, lines_of([("FT1", "mot", 1_000)])))
    assert refused.value.code == "foreign_account"


OWN = [
    ["NGÂN HÀNG TMCP MẪU", "", "", "", "", ""],
    ["Số tài khoản:", ACCOUNT, "", "Tiền tệ: VND", "", ""],
    ["Số dư đầu kỳ", "", "", "", "", "10.000.000"],
    ["STT", "Ngày giao dịch", "Diễn giải", "Phát sinh nợ", "Phát sinh có", "Số dư"],
    ["1", "22/03/2026 15:35:00", "nop tien", "", "450.000", "10.450.000"],
    ["2", "22/03/2026", "phi", "11.000", "0", "10.439.000 VND"],
    ["Số dư cuối kỳ", "", "", "", "", "10.439.000"],
    ["Giao dịch viên", "", "", "", "", ""],
]


def test_a_banks_own_sheet_is_read_by_its_words(tmp_path: Path) -> None:
    found = read_statement(xlsx(tmp_path / "own.xlsx", OWN))
    assert (found.account, found.first_on, found.closing_minor) == (ACCOUNT, date(2026, 3, 22), 10_439_000)
    assert [(one.row, one.amount_minor, one.has_time) for one in found.rows] == [
        (5, 450_000, True),
        (6, -11_000, False),
    ]
    for without, code in (
        (1, "settlement_columns"),
        (2, "settlement_columns"),
        (6, "bad_row"),
        (4, "statement_balance"),
    ):
        with pytest.raises(FileRefused) as refused:
            read_statement(xlsx(tmp_path / f"{without}.xlsx", [*OWN[:without], *OWN[without + 1 :]]))
        assert refused.value.code == code, without
    above = read_statement(xlsx(tmp_path / "above.xlsx", [*OWN[:3], OWN[6], *OWN[3:6]]))
    assert (above.closing_minor, len(above.rows)) == (10_439_000, 2)  # both balances above the rows
    early = [[cell.replace("2026", "0026") for cell in line] for line in OWN]
    with pytest.raises(FileRefused) as refused:
        read_statement(xlsx(tmp_path / "early.xlsx", early))
    assert (refused.value.code, refused.value.fields["row"]) == ("bad_row", 5)
    with pytest.raises(FileRefused) as refused:
        read_statement(xlsx(tmp_path / "cut.xlsx", OWN[:5]))
    assert (refused.value.code, refused.value.fields["row"]) == ("statement_cut", 5)


def seen(key: int, amount: int, /, **more: Any) -> Seen:
    return Seen(**{"key": key, "amount_minor": amount, "day": date(2026, 3, 22), "reference": "", "balance_minor": None,
                   "memo": "", **more})  # fmt: skip


def test_the_best_evidence_pairs_first_and_each_is_taken_once() -> None:
    lines = [seen(1, 100, reference="B", balance_minor=300), seen(2, 100, reference="A", balance_minor=200)]
    assert pair(lines, [seen(11, 100, reference="A"), seen(12, 100, balance_minor=300)]) == {2: 11, 1: 12}
    assert pair(lines, [seen(11, 100)]) == {1: 11}
    assert pair([lines[0]], [seen(11, 100, reference="C", balance_minor=400)]) == {}
    assert pair([lines[0]], [seen(11, 100, reference="B", day=date(2026, 3, 24))]) == {}
    assert pair([lines[0]], [seen(11, -100, reference="B")]) == {}
    assert pair([lines[0]], [seen(11, 100, only_by_reference=True)]) == {}
    assert pair([lines[0]], [seen(11, 100, reference="B", only_by_reference=True)]) == {1: 11}


@given(st.lists(st.tuples(st.sampled_from([100, 200, -100]), st.sampled_from("AB")), max_size=8), st.data())
def test_all_that_a_feed_told_is_found_in_a_whole_statement(found: list[tuple[int, str]], data: Any) -> None:
    balance, lines = 10_000, []
    for key, (amount, memo) in enumerate(found):
        balance += amount
        lines.append(seen(key, amount, memo=memo, reference=f"FT{key}", balance_minor=balance))
    kept = data.draw(st.lists(st.sampled_from(lines), unique=True) if lines else st.just([]))
    told_of = [
        seen(100 + one.key, one.amount_minor, memo=data.draw(st.sampled_from([one.memo, "other"])),
             reference=data.draw(st.sampled_from([one.reference, ""])),
             balance_minor=data.draw(st.sampled_from([one.balance_minor, None])))
        for one in kept
    ]  # fmt: skip
    met = pair(lines, told_of)
    assert sorted(met.values()) == sorted(one.key for one in told_of)


def test_two_feeds_of_one_account_are_told_apart_by_the_banks_reference(session: Session) -> None:
    payee = school(session)
    hear(session, sepay(), bank_notice(number=1, amount=450_000, memo="mot", referenceCode="FT01"))
    feed = session.query(Feed).one()
    feed.provider = "casso"
    session.flush()
    from payments.feeds import take_notified

    def line(number: int, reference: str) -> BankLine:
        return BankLine(number, ACCOUNT, True, Money(450_000), AT, "mot", None, None, reference)

    assert take_notified(session, provider="casso", line=line(500, "FT01"), now=AT, actor="hook").seen
    assert not take_notified(session, provider="casso", line=line(501, "FT02"), now=AT, actor="hook").seen
    assert books(session, payee)[BANK] == 900_000


def test_the_simulated_banks_own_file_is_read_and_its_spoiled_ones_are_refused(
    session: Session, tmp_path: Path
) -> None:
    payee = school(session)
    request = ask(session, payee)
    bank = opened(tmp_path, "http://127.0.0.1:1")
    try:
        browser, at = Client(bank), "2026-03-22T15:35:00+07:00"
        for amount, memo in ((450_000, request.code), (80_000, "khong ma")):
            browser.post("/bank/transfer", json={"account": ACCOUNT, "amount": amount, "memo": memo, "at": at})
        found = {}
        for spoil in ("", "extra", "missing", "amount", "truncated"):
            answer = browser.get("/_settlement/bank", query_string={"account": ACCOUNT, "date": DAY, "spoil": spoil})
            found[spoil] = tmp_path / f"bank-{spoil}.csv"
            found[spoil].write_bytes(answer.data)
        assert browser.get("/_settlement/bank", query_string={"account": ACCOUNT}).status_code == 400
    finally:
        bank.close()
    for spoil in ("missing", "amount", "truncated"):
        with pytest.raises(FileRefused):
            read_statement(found[spoil])
    assert counts(taken(session, payee, found[""])) == {"matched": 1, "unmatched": 1}
    assert counts(taken(session, payee, found["extra"])) == {"seen": 2, "unmatched": 1}
    assert books(session, payee)[BANK] == 450_000 + 80_000 + 70_000
