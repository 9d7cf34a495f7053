"""What comes back: objects that cannot be changed, and lists that are walked from page to page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_HIDDEN = ("client_secret", "secret")


class Object(Mapping[str, Any]):
    """One answer: its fields by name, as attributes or like a dict. `request_id` says which answer it was."""

    __slots__ = ("_fields", "request_id")

    def __init__(self, fields: Mapping[str, Any], *, request_id: str | None = None) -> None:
        object.__setattr__(self, "_fields", {name: _frozen(value) for name, value in fields.items()})
        object.__setattr__(self, "request_id", request_id)

    def __getattr__(self, name: str) -> Any:
        """Return a field."""
        try:
            return self._fields[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: what was answered does not change."""
        raise AttributeError(f"{name} cannot be set: an answer does not change")

    def __getitem__(self, name: str) -> Any:
        """Return a field."""
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        """Walk the names."""
        return iter(self._fields)

    def __len__(self) -> int:
        """Count the fields."""
        return len(self._fields)

    def __repr__(self) -> str:
        """Show the fields, secrets not."""
        shown = {name: "***" if name in _HIDDEN and value else value for name, value in self._fields.items()}
        return f"Object({shown})"


Fetch = Callable[[Mapping[str, Any]], "Page"]


class Page:
    """One page of a list. Iterating goes on to the next pages: older ones, or newer with `ending_before`."""

    def __init__(self, answer: Object, *, asked: Mapping[str, Any], fetch: Fetch) -> None:
        self.data: tuple[Object, ...] = tuple(answer["data"])
        self.has_more: bool = answer["has_more"]
        self.request_id = answer.request_id
        self._asked, self._fetch = asked, fetch

    def __iter__(self) -> Iterator[Object]:
        """Walk all that the list holds from here on, in the direction that was asked for."""
        page: Page | None = self
        while page is not None:
            yield from reversed(page.data) if page._backwards else page.data
            page = page.next()

    def next(self) -> Page | None:
        """Return the page that follows, or None."""
        if not self.has_more or not self.data:
            return None
        edge = {"ending_before": self.data[0].id} if self._backwards else {"starting_after": self.data[-1].id}
        kept = {name: value for name, value in self._asked.items() if name not in ("starting_after", "ending_before")}
        return self._fetch({**kept, **edge})

    @property
    def _backwards(self) -> bool:
        return self._asked.get("ending_before") is not None


def _frozen(value: Any) -> Any:
    if isinstance(value, Mapping):
        return Object(value)
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
