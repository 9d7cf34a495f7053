"""The commands: one JSON object on standard output, and the error's code where they fail."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from portal.audit.models import AuditRow
from portal.stamps.wiring import book_of
from tests.portal.stamps.making import Stamps
from traceability import open_promise
from traceability.models import TraceRange


def run(app: Any, *arguments: str, code: int = 0) -> Any:
    result = app.test_cli_runner().invoke(args=[*arguments, "--json"])
    assert result.exit_code == code, result.output + repr(result.exception)
    return json.loads(result.stdout)


def test_issue_codes_activate_void_print(app: Any, stamps: Stamps, world: Any, tmp_path: Path) -> None:
    product = stamps.goods()
    issued = run(app, "stamps", "issue", "--product", product.id, "--count", "300")
    assert set(issued) == {"batch", "count", "root", "promise", "seconds"}
    keys = world.log_signer.keys.verifiers(world.log_signer.origin)
    assert open_promise(issued["promise"], keys).origin == world.log_signer.origin
    batch = str(issued["batch"])
    codes = run(app, "stamps", "codes", batch, "--from", "0", "--to", "2")["codes"]
    assert codes == [f"HTTP://LOCALHOST/S/{stamps.serial(issued['batch'], index)}" for index in range(3)]
    plain = app.test_cli_runner().invoke(args=["stamps", "codes", batch, "--from", "0", "--to", "2"])
    assert plain.stdout.split() == codes
    lot = run(app, "stamps", "activate", batch, "--from", "0", "--to", "99", "--lot", "L1")
    assert (lot["batch"], lot["from"], lot["to"], lot["changed"]) == (issued["batch"], 0, 99, 100)
    assert run(app, "stamps", "activate", batch, "--from", "0", "--to", "99", "--lot", lot["lot"])["changed"] == 0
    assert run(app, "stamps", "void", batch, "--from", "0", "--to", "9", "--reason", "x")["changed"] == 10
    out = tmp_path / "sheets.pdf"
    printed = run(app, "stamps", "print", batch, "--from", "0", "--to", "79", "--sheet", "a4-40", "--out", str(out))
    assert (printed["labels"], printed["pages"]) == (80, 2)
    assert out.read_bytes().startswith(b"%PDF")


def test_codes_with_their_pins_are_noted(app: Any, stamps: Stamps, session: Any) -> None:
    issued = run(app, "stamps", "issue", "--product", stamps.goods().id, "--count", "20", "--pin")
    batch = str(issued["batch"])
    asked = ("codes", batch, "--from", "3", "--to", "5")
    assert "pins" not in run(app, "stamps", *asked)
    assert session.scalar(select(AuditRow.id).where(AuditRow.act == "stamps.printed")) is None
    key = book_of(stamps.world.stamp_keys).key(session, issued["batch"])
    pins = run(app, "stamps", *asked, "--pins")["pins"]
    assert pins == [key.pin(index) for index in (3, 4, 5)]
    assert session.scalar(select(AuditRow.id).where(AuditRow.act == "stamps.printed")) is not None
    plain = app.test_cli_runner().invoke(args=["stamps", *asked, "--pins"])
    assert [line.split("\t")[1] for line in plain.stdout.splitlines()] == pins
    without = str(stamps.issue(10))
    assert run(app, "stamps", "codes", without, "--from", "0", "--to", "1", "--pins", code=1)["code"] == "pin_absent"


def test_what_no_stamp_may_be_put_on_has_exact_codes_and_changes_nothing(
    app: Any, stamps: Stamps, session: Any, tmp_path: Path
) -> None:
    batch = stamps.issue(30)
    stamps.void(batch, 20, 29)
    active = stamps.activate(batch, 0, 9)
    recalled, expired = stamps.lot(batch, "L2"), stamps.lot(batch, "L3", expires_on=date(2026, 11, 1))
    stamps.recall(recalled)
    others = stamps.plain_goods_batch()
    anothers = stamps.lot(others, "L4")
    asked = ("--from", "10", "--to", "19", "--lot")
    for wanted, command in {
        "range_overlap": ("activate", str(batch), "--from", "9", "--to", "12", "--lot", active),
        "lot_recalled": ("activate", str(batch), *asked, recalled),
        "lot_expired": ("activate", str(batch), *asked, expired),
        "lot_product_differs": ("activate", str(batch), *asked, anothers),
        "label_too_small": (
            "print", str(batch), "--from", "0", "--to", "1", "--sheet", "roll-12x12", "--out", str(tmp_path / "x.pdf"),
        ),
    }.items():  # fmt: skip
        before = session.execute(select(TraceRange.first, TraceRange.last, TraceRange.lot)).all()
        assert run(app, "stamps", *command, code=1)["code"] == wanted
        assert session.execute(select(TraceRange.first, TraceRange.last, TraceRange.lot)).all() == before
    again = run(app, "stamps", "void", str(batch), "--from", "20", "--to", "29", "--reason", "x", code=1)
    assert again["code"] == "range_overlap"


def test_failures_name_their_code(app: Any, stamps: Stamps, tmp_path: Path) -> None:
    product = stamps.goods()
    batch = str(stamps.issue(10))
    out = str(tmp_path / "x.pdf")
    for arguments, code in (
        (("issue", "--product", product.id, "--count", "0"), "count_out_of_range"),
        (("issue", "--product", product.id, "--count", str(2**25 + 1)), "count_out_of_range"),
        (("issue", "--product", "pd_none", "--count", "1"), "not_your_product"),
        (("codes", batch, "--from", "0", "--to", "10"), "range_outside_batch"),
        (("codes", "999", "--from", "0", "--to", "1"), "batch_unknown"),
        (("activate", batch, "--from", "5", "--to", "4", "--lot", "L1"), "range_reversed"),
        (("activate", batch, "--from", "0", "--to", "1", "--lot", "lô một"), "lot_syntax"),
        (("void", batch, "--from", "0", "--to", "1", "--reason", " "), "stamps.reason_missing"),
        (("print", batch, "--from", "0", "--to", "1", "--sheet", "a5", "--out", out), "sheet_unknown"),
    ):
        assert run(app, "stamps", *arguments, code=1)["code"] == code, arguments
    assert not Path(out).exists()


def test_the_ledger_s_commands(app: Any, stamps: Stamps, session: Any) -> None:
    assert run(app, "ledger", "status")["size"] == 0
    batch = stamps.issue(300)
    stamps.activate(batch, 0, 9)
    anchored = run(app, "ledger", "anchor")
    assert anchored["size"] == 2
    assert anchored["ledgers"]["notary"]["anchored_size"] == 2
    assert anchored["ledgers"]["notary"]["late"] is False
    assert run(app, "ledger", "fsck")["differences"] == []
    session.execute(update(TraceRange).values(last=20))
    session.commit()
    found = run(app, "ledger", "fsck", code=1)["differences"]
    assert {one["area"] for one in found} == {"range"}
    session.execute(update(TraceRange).values(last=9))
    session.commit()
    assert run(app, "ledger", "fsck")["count"] == 0
