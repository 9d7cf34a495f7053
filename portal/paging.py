"""Pages of a long list: which one is shown, how many there are, and its lines."""

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Line]):
    """One page of a list of `total` lines, `rows` a page; an asked number beyond the last one means the last."""

    asked: int
    total: int
    rows: int
    lines: tuple[Line, ...] = ()

    @property
    def pages(self) -> int:
        """Return how many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.rows))

    @property
    def page(self) -> int:
        """Return which page this is, from 1."""
        return min(max(1, self.asked), self.pages)

    @property
    def has_prev(self) -> bool:
        """Say whether there is a page before."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Say whether there is a page after."""
        return self.page < self.pages

    @property
    def start(self) -> int:
        """Return how many lines stand before this page."""
        return (self.page - 1) * self.rows

    def holding(self, *lines: Line) -> "Page[Line]":
        """Return this page with its lines."""
        return replace(self, lines=lines)
