"""The number under a scratch layer: four answers, five tries in any hour, one first reveal, nothing of it stored."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fontpkg_be_vietnam_pro
import pypdfium2
import pytest
from sqlalchemy import select

import traceability as trace
from tests.traceability.making import Made
from traceability import errors
from traceability.models import TracePin

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def entered(made: Made, session: Any, batch: int, typed: str, *, after: timedelta = timedelta()) -> trace.PinTry:
    code = trace.ScanCode(made.code(batch, 3).serial)
    stamp = trace.identify(lambda: session, book=made.book, code=code)
    return trace.try_pin(session, now=NOW + after, book=made.book, stamp=stamp, typed=typed)


def pin_of(made: Made, session: Any, batch: int, index: int = 3) -> str:
    return str(made.book.key(session, batch).pin(index))


def test_first_then_revealed_before_with_the_first_time(made: Made, session: Any) -> None:
    batch = made.issue(10, pin=True).batch
    pin = pin_of(made, session, batch)
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    assert entered(made, session, batch, wrong) == trace.PinTry(trace.PinAnswer.WRONG, None, 4, 0)
    first = entered(made, session, batch, f"{pin[:3]} {pin[3:]}", after=timedelta(minutes=1))
    at = NOW + timedelta(minutes=1)
    assert first == trace.PinTry(trace.PinAnswer.FIRST, at, 3, 0)
    again = entered(made, session, batch, pin, after=timedelta(minutes=2))
    assert again == trace.PinTry(trace.PinAnswer.REVEALED_BEFORE, at, 2, 0)
    assert entered(made, session, batch, "", after=timedelta(days=400)).first_revealed_at == at


def test_the_sixth_try_within_any_hour_is_locked_even_if_it_is_right(made: Made, session: Any) -> None:
    batch = made.issue(10, pin=True).batch
    pin = pin_of(made, session, batch)
    for minute in (0, 50, 51, 52, 53):
        assert entered(made, session, batch, "x", after=timedelta(minutes=minute)).answer is trace.PinAnswer.WRONG
    locked = entered(made, session, batch, pin, after=timedelta(minutes=59))
    assert locked == trace.PinTry(trace.PinAnswer.LOCKED, None, 0, 60)
    # one try is an hour old now, the four others are not: no hour has more than five
    assert entered(made, session, batch, "x", after=timedelta(minutes=61)).tries_left == 0
    assert entered(made, session, batch, pin, after=timedelta(minutes=62)).answer is trace.PinAnswer.LOCKED
    assert entered(made, session, batch, pin, after=timedelta(minutes=122)).answer is trace.PinAnswer.FIRST
    other = trace.identify(lambda: session, book=made.book, code=trace.ScanCode(made.code(batch, 4).serial))
    assert trace.revealed_at(session, other) is None


def test_a_batch_without_pins_has_none(made: Made, session: Any) -> None:
    batch = made.issue(10).batch
    with pytest.raises(errors.PinAbsent):
        entered(made, session, batch, "150032")
    assert session.scalars(select(TracePin)).all() == []


def test_the_number_is_printed_in_a_box_beside_the_code(made: Made, session: Any, tmp_path: Path) -> None:
    batch = made.issue(24, pin=True).batch
    font = Path(fontpkg_be_vietnam_pro.__file__).parent / "files" / "BeVietnamPro-Regular.ttf"
    for sheet in ("a4-24", "a4-40", "a4-65", "roll-40x25"):
        out = tmp_path / f"{sheet}.pdf"
        run = trace.plan_run(session, book=made.book, batch=batch, first=0, last=23, sheet=sheet)
        assert run.pin
        trace.print_sheets(session, run, book=made.book, look=trace.Look(font), out=out)
        with pypdfium2.PdfDocument(str(out)) as document:
            words = " ".join(page.get_textpage().get_text_bounded() for page in document)
        for index in range(24):
            assert pin_of(made, session, batch, index) in words
    with pytest.raises(errors.LabelTooSmall):
        trace.plan_run(session, book=made.book, batch=batch, first=0, last=23, sheet="roll-30x30")
