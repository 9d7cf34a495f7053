"""Print runs: stamps on sheets or rolls as one vector PDF, whole or in parts that may be made again and joined.

run = plan_run(session, book=book, batch=…, first=…, last=…, sheet="a4-40")     refuses what does not fit
print_sheets(session, run, …, out=file)                                         at once, or
write_part(session, run, part, …, out=…) … join_parts(run, parts, out=file)     each part the same, whoever makes it
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

from sqlalchemy.orm import Session

from traceability.batches import BatchBook, StampCode, check_range, stamp_codes
from traceability.errors import PrintRunTooLong
from traceability.labels import Layout, draw_label, lay_out, qr_matrix, sheet_named
from traceability.pdf import POINTS_A_MM, Font, Paper, open_font

# A PDF's table of contents has ten digits for a place in the file, and a label takes about 1 kB.
MOST_LABELS = 5_000_000
LABELS_A_PART = 480
_HEADING_POINTS, _HEADING_MM = 8.0, 6.0
PinOf = Callable[[int], str] | None


@dataclass(frozen=True, slots=True)
class Printed:
    """What was written."""

    labels: int
    pages: int


@dataclass(frozen=True, slots=True)
class PrintRun:
    """Stamps first..last (both included) of a batch on one kind of label."""

    batch: int
    first: int
    last: int
    layout: Layout
    pin: bool = False

    @property
    def labels(self) -> int:
        """Count the labels."""
        return self.last - self.first + 1

    @property
    def pages(self) -> int:
        """Count the pages."""
        return -(-self.labels // self.layout.sheet.labels)

    @property
    def pages_a_part(self) -> int:
        """Count the pages of each part but the last."""
        return max(1, LABELS_A_PART // self.layout.sheet.labels)

    @property
    def parts(self) -> int:
        """Count the parts."""
        return -(-self.pages // self.pages_a_part)

    def printed_after(self, parts: int) -> int:
        """Count the labels on the first `parts` parts."""
        return min(self.labels, parts * self.pages_a_part * self.layout.sheet.labels)


@dataclass(frozen=True, slots=True)
class Look:
    """How a run's file presents itself: font file, the words before batch and indexes, the language of both."""

    font: Path
    title: str = "Batch"
    language: str = "vi"


def plan_run(session: Session, *, book: BatchBook, batch: int, first: int, last: int, sheet: str) -> PrintRun:
    """Plan a run. Raises SheetUnknown, PrintRunTooLong, LabelTooSmall (with the size needed), and as `stamp_codes`."""
    form = sheet_named(sheet)
    header = book.header(session, batch)
    if last - first + 1 > MOST_LABELS:
        raise PrintRunTooLong(count=last - first + 1, most=MOST_LABELS)
    check_range(header, first=first, last=last)
    sample = next(stamp_codes(session, book=book, batch=batch, first=first, last=first))
    modules, _ = qr_matrix(sample.url)  # all codes of a batch are of one length, so of one size
    return PrintRun(batch, first, last, lay_out(form, modules=modules, pin=header.pin), header.pin)


def print_sheets(session: Session, run: PrintRun, *, book: BatchBook, look: Look, out: Path) -> Printed:
    """Write a run as one PDF; the file appears when it is whole."""
    whole = chain.from_iterable(_part(session, run, part, book=book, look=look) for part in range(run.parts))
    _whole_file(out, lambda file: _paper(run, look).write(file, whole))
    return Printed(run.labels, run.pages)


def write_part(session: Session, run: PrintRun, part: int, *, book: BatchBook, look: Look, out: Path) -> None:
    """Write one part, counted from 0, for `join_parts`; its file appears when it is whole."""
    objects = list(_part(session, run, part, book=book, look=look))

    def write(file: IO[bytes]) -> None:
        file.write(b"%s\n" % b" ".join(b"%d" % len(one) for one in objects))
        file.writelines(objects)

    _whole_file(out, write)


def join_parts(run: PrintRun, parts: Sequence[Path], *, look: Look, out: Path) -> Printed:
    """Join all parts of a run, in order, into its PDF; the file appears when it is whole."""
    _whole_file(out, lambda file: _paper(run, look).write(file, chain.from_iterable(map(_objects, parts))))
    return Printed(run.labels, run.pages)


def _objects(part: Path) -> Iterator[bytes]:
    with part.open("rb") as file:
        for length in file.readline().split():
            yield file.read(int(length))


def _whole_file(out: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write beside the file and put it in its place; codes are stock, so only we may read it."""
    beside = out.with_name(f"{out.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)


def _paper(run: PrintRun, look: Look) -> Paper:
    width, height = run.layout.sheet.page
    return Paper(
        pages=run.pages, width_mm=width, height_mm=height, font=open_font(look.font),
        title=f"{look.title} {run.batch} · {run.first} – {run.last}", language=look.language,
    )  # fmt: skip


def _part(session: Session, run: PrintRun, part: int, *, book: BatchBook, look: Look) -> Iterator[bytes]:
    """Give the objects of a part's pages."""
    paper, sheet = _paper(run, look), run.layout.sheet
    first_page = part * run.pages_a_part
    first = run.first + first_page * sheet.labels
    last = min(run.last, first + run.pages_a_part * sheet.labels - 1)
    codes = stamp_codes(session, book=book, batch=run.batch, first=first, last=last)
    pin_of = book.key(session, run.batch).pin if run.pin else None
    for number, page in enumerate(_pages(codes, sheet.labels), start=first_page):
        yield from paper.page(number, _content(run, page, paper.font, look.title, pin_of))


def _pages(codes: Iterator[StampCode], size: int) -> Iterator[list[StampCode]]:
    while page := list(islice(codes, size)):
        yield page


def _content(run: PrintRun, page: list[StampCode], font: Font, title: str, pin_of: PinOf) -> bytes:
    sheet = run.layout.sheet
    heading = f"{title} {run.batch} · {page[0].index} – {page[-1].index}"
    drawn: list[bytes] = []
    if not sheet.roll:
        top = (sheet.page[1] - _HEADING_MM) * POINTS_A_MM
        drawn.append(font.show(heading, x=sheet.left * POINTS_A_MM, y=top, size=_HEADING_POINTS))
    for place, code in enumerate(page):
        row, column = divmod(place, sheet.columns)
        drawn.append(
            draw_label(
                run.layout, font, url=code.url, serial=code.serial, head=heading,
                pin=None if pin_of is None else pin_of(code.index),
                x=sheet.left + column * sheet.pitch_x, y=sheet.top + row * sheet.pitch_y,
            )
        )  # fmt: skip
    return b"".join(drawn)
