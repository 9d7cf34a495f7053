"""What a log may do instead of growing, and what a monitor calls it."""

from collections.abc import Callable

from tests.traceability.making import ORIGIN
from tests.traceability.paper_log import PaperLog, event
from traceability import SigningKeys


def row_changed(log: PaperLog) -> None:
    """A row of the database was changed; tiles and checkpoint stand."""
    log.entries[3] = event(9000)


def last_row_changed(log: PaperLog) -> None:
    log.entries[699] = event(9000)


def row_and_tile_changed(log: PaperLog) -> None:
    """The changed row was hashed again, and the old checkpoint is still served."""
    log.entries[3] = event(9000)
    note = log.note
    log.show(log.entries)
    log.note = note


def row_deleted(log: PaperLog) -> None:
    del log.entries[3]


def row_deleted_and_signed(log: PaperLog) -> None:
    log.show(log.entries[:3] + log.entries[4:])


def history_rewritten(log: PaperLog) -> None:
    log.show([*log.entries[:3], event(9000), *log.entries[4:], event(9001)])


def history_rewritten_at_its_size(log: PaperLog) -> None:
    log.show([*log.entries[:3], event(9000), *log.entries[4:]])


def replaced(log: PaperLog) -> None:
    log.show([event(number) for number in range(5000, 5900)])


def tile_swapped(log: PaperLog) -> None:
    log.tiles[0, 0], log.tiles[0, 1] = log.tiles[0, 1], log.tiles[0, 0]


def upper_tile_changed(log: PaperLog) -> None:
    log.tiles[1, 0] = bytes(32) + log.tiles[1, 0][32:]


def emptied(log: PaperLog) -> None:
    log.show([])


def unsigned(log: PaperLog) -> None:
    log.note = SigningKeys({1: bytes([3]) * 32}).sign(log.note.partition("\n\n")[0] + "\n", ORIGIN)


def entries_gone(log: PaperLog) -> None:
    log.answers[log.file("entries", 1)] = (404, b"")


def entry_cut_off(log: PaperLog) -> None:
    log.answers[log.file("entries", 2)] = (200, b"\xff\xff{}")


WAYS: tuple[tuple[Callable[[PaperLog], None], str], ...] = (
    (row_changed, "entry_differs"),
    (last_row_changed, "entry_differs"),
    (row_and_tile_changed, "entry_differs"),
    (row_deleted, "entry_differs"),
    (row_deleted_and_signed, "shrunken"),
    (history_rewritten, "inconsistent"),
    (history_rewritten_at_its_size, "two_roots"),
    (replaced, "inconsistent"),
    (tile_swapped, "tile_differs"),
    (upper_tile_changed, "tile_differs"),
    (emptied, "shrunken"),
    (unsigned, "signature"),
    (entries_gone, "part_missing"),
    (entry_cut_off, "entries_length"),
)
