"""A settled day: paid orders at VNPay, and the file that VNPay sends about them, canonical or in its own columns."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payments.models import Transaction
from payments.settlement.columns import CANONICAL
from payments.settlement.errors import FileRefused
from payments.settlement.importing import Imported, import_file
from payments.settlement.tables import Match, Outcome, SettlementFile
from tests.payments.scene import AT, ask, hear, ipn, try_vnpay, vnpay

DAY = "2026-03-22"
BATCH = "VNP20260322"
FEE = 2_200


def paid(session: Session, payee: Any, *amounts: int, first: int = 14_000_001) -> list[Transaction]:
    """Have orders of these sums paid at VNPay, with transaction numbers in a row."""
    for number, amount in enumerate(amounts, first):
        request = ask(session, payee, amount)
        attempt = try_vnpay(session, request)
        hear(session, vnpay(), ipn(attempt, vnp_TransactionNo=str(number)))
    return list(session.scalars(select(Transaction).where(Transaction.provider == "vnpay").order_by(Transaction.seq)))


def row(number: int | str, amount: int, /, **more: Any) -> dict[str, str]:
    """Return one row of a file; net follows from amount and fee."""
    made = {
        "provider": "vnpay", "business_date": DAY, "provider_txn_id": number, "merchant_ref": "", "original_ref": "",
        "type": "payment", "amount": amount, "fee": FEE, "net": None, "currency": "VND",
        "txn_time": f"{DAY} 15:35:00", "settle_time": "2026-03-23 00:00:00", "batch_id": BATCH, "status": "ok",
        "channel": "ATM", "store": "", "terminal": "DEMOV210",
    } | more  # fmt: skip
    if made["net"] is None:
        made["net"] = made["amount"] - made["fee"]
    return {name: str(value) for name, value in made.items()}


def lines_of(
    rows: list[dict[str, str]], /, *, day: str = DAY, provider: str = "vnpay", **wrong: int
) -> list[list[str]]:
    """Return a canonical file's lines, with true totals or wrong ones."""
    sums = {name: sum(int(Decimal(one[name])) for one in rows) for name in ("amount", "fee", "net")}
    said = {"rows": len(rows), **sums} | wrong
    return [
        ["#portal-settlement", "1", provider, day, *(str(said[name]) for name in ("rows", "amount", "fee", "net"))],
        list(CANONICAL),
        *([one[name] for name in CANONICAL] for one in rows),
        ["#end", str(said["rows"])],
    ]


def csv(
    folder: Path, rows: list[dict[str, str]], /, *, name: str = "day.csv", keep: int | None = None, **more: Any
) -> Path:
    """Write a canonical CSV, cut after so many bytes if asked."""
    text = "\n".join(",".join(line) for line in lines_of(rows, **more)) + "\n"
    path = folder / name
    path.write_bytes(text.encode()[:keep])
    return path


def xlsx(path: Path, lines: list[list[Any]]) -> Path:
    """Write lines as the first sheet of a workbook, whole numbers as numbers."""
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for at, line in enumerate(lines):
            for place, cell in enumerate(line):
                number = isinstance(cell, int) or (isinstance(cell, str) and cell.isdecimal() and len(cell) < 12)
                sheet.write(at, place, int(cell) if number else cell)
    return path


def settled(session: Session, path: Path, *, provider: str = "vnpay", now: Any = AT, **more: Any) -> Imported:
    """Import a file as the accountant; what it says of its rows must be what its table of matches says."""
    done = import_file(session, path=path, provider=provider, now=now, actor="lo_accountant", **more)
    file_no = select(SettlementFile.no).where(SettlementFile.id == done.file_id).scalar_subquery()
    query = select(Match.outcome, func.count()).where(Match.file_no == file_no).group_by(Match.outcome)
    stored = {Outcome(outcome).word: count for outcome, count in session.execute(query)}
    assert stored == {name: count for name, count in counts(done).items() if name != "missing_at_provider"}
    return done


def refusal(session: Session, path: Path, **more: Any) -> type[FileRefused]:
    """Return why a file is refused, with all that was begun taken back as a command does."""
    with session.begin_nested() as inner:
        with pytest.raises(FileRefused) as refused:
            settled(session, path, **more)
        inner.rollback()
    return type(refused.value)


def counts(imported: Imported) -> dict[str, int]:
    """Return the outcomes that occurred."""
    return {name: count for name, count in imported.counts.items() if count}
