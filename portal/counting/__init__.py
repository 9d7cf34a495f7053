"""The counting floor: deltas written with the act, cells, the roll-up, live figures. It imports no subject."""

from portal.counting.deltas import add, add_figures, add_many, catalogue_of, counting, counting_many, pieces
from portal.counting.errors import CountingError
from portal.counting.indicator import TOTAL, Catalogue, Cell, Counter, Cut, Indicator
from portal.counting.live import live_cells, oldest_pending, pending_rows
from portal.counting.rollup import lock_clock, roll_up
from portal.counting.watch import watch

__all__ = [
    "TOTAL", "Catalogue", "Cell", "Counter", "CountingError", "Cut", "Indicator", "add", "add_figures", "add_many",
    "catalogue_of", "counting", "counting_many", "live_cells", "lock_clock", "oldest_pending", "pending_rows", "pieces",
    "roll_up", "watch",
]  # fmt: skip
