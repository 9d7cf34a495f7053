"""Printing labels as the worker does, in parts that are joined to one PDF on the disk; bar: 10,000 a minute.

The peer draws the same sheets with fpdf2, one rectangle for each dark stretch of a code, in the same run: it keeps a
file's pages in memory, so it draws fewer. Ours: codes derived, drawn, compressed, each part synced to the disk.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import fontpkg_be_vietnam_pro
from fpdf import FPDF
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import traceability as trace
from benchmarks.issue_stamps import issue
from traceability.labels import SHEETS, qr_matrix

LEAST_A_MINUTE = 10_000
SHEET = "a4-40"
FONT = Path(fontpkg_be_vietnam_pro.__file__).parent / "files" / "BeVietnamPro-Regular.ttf"
KEYS = trace.StampKeys({1: bytes(range(32))})


def ours(session: Session, folder: Path, batch: int, count: int) -> float:
    """Print a run part by part and join it; return the seconds."""
    start = time.perf_counter()
    book, look = trace.BatchBook(KEYS), trace.Look(FONT)
    run = trace.plan_run(session, book=book, batch=batch, first=0, last=count - 1, sheet=SHEET)
    parts = [folder / f"{part}.part" for part in range(run.parts)]
    for number, part in enumerate(parts):
        trace.write_part(session, run, number, book=book, look=look, out=part)
    trace.join_parts(run, parts, look=look, out=folder / "ours.pdf")
    return time.perf_counter() - start


def theirs(session: Session, folder: Path, batch: int, count: int) -> float:
    """Draw the same labels with fpdf2; return the seconds."""
    start = time.perf_counter()
    form, pdf = SHEETS[SHEET], FPDF(unit="mm", format="A4")
    pdf.set_auto_page_break(False)
    pdf.add_font("label", fname=str(FONT))
    codes = trace.stamp_codes(session, book=trace.BatchBook(KEYS), batch=batch, first=0, last=count - 1)
    for position, code in enumerate(codes):
        row, column = divmod(position % form.labels, form.columns)
        if position % form.labels == 0:
            pdf.add_page()
            pdf.set_font("label", size=6)
        left, top = form.left + column * form.pitch_x, form.top + row * form.pitch_y
        modules, dots = qr_matrix(code.url)
        module = 20 / modules
        for y in range(modules):
            x = 0
            for dark in dots[y * modules : (y + 1) * modules].split(b"\xff"):
                if dark:
                    pdf.rect(left + x * module, top + y * module, len(dark) * module, module, style="F")
                x += len(dark) + 1
        pdf.text(left, top + 23, trace.group_serial(code.serial))
    pdf.output(str(folder / "theirs.pdf"))
    return time.perf_counter() - start


def measure(count: int) -> dict[str, object]:
    """Print `count` labels our way and a tenth of them the peer's way; give both speeds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = create_engine(f"sqlite:///{folder / 'bench.sqlite'}")
        trace.TraceBase.metadata.create_all(engine)
        with Session(engine) as session:
            trace.open_log(session, now=datetime.now(UTC), origin="stamps.example/log")
            batch = issue(session, count).batch
            own = count / ours(session, folder, batch, count) * 60
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            few = max(40, count // 10)
            peer = few / theirs(session, folder, batch, few) * 60
        engine.dispose()
        size = (folder / "ours.pdf").stat().st_size
    return {
        "claim": f"print {count:,} labels on {SHEET}, against fpdf2",
        "ratio": round(own / peer, 3),
        "bar": f"{LEAST_A_MINUTE:,} /min",
        "labels_per_minute": round(own),
        "peer_labels_per_minute": round(peer),
        "bytes_per_label": round(size / count),
        "peak_memory_mb": memory,
        "passed": own >= LEAST_A_MINUTE,
    }


def main() -> int:
    """Print one line or one JSON object; exit 1 on a missed bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = measure(options.count)
    if options.json:
        print(json.dumps(result))
    else:
        print(
            f"{result['claim']}: {result['labels_per_minute']:,} a minute (bar {LEAST_A_MINUTE:,}), "
            f"{result['ratio']} x the peer; {result['bytes_per_label']} bytes a label, {result['peak_memory_mb']} MB"
        )
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
