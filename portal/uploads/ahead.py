"""Lines of a list that are read while the chunk before them is committed: the database works, the processor is free."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class ReadAhead(Generic[T]):
    """The items of an iterator in their order, some fetched by a thread; what fails there fails in its turn."""

    def __init__(self, items: Iterator[T], *, most: int) -> None:
        self._items, self._most = items, most
        self._fetched: deque[T] = deque()
        self._coming: Future[list[T]] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if not self._fetched and self._coming is not None:
            coming, self._coming = self._coming, None
            self._fetched.extend(coming.result())
        return self._fetched.popleft() if self._fetched else next(self._items)

    def fetch(self) -> None:
        """Let the thread fetch the next items, unless some are waiting or coming."""
        if not self._fetched and self._coming is None:
            self._coming = self._pool.submit(lambda: list(islice(self._items, self._most)))

    def close(self) -> None:
        """Wait for the thread and end it."""
        self._pool.shutdown(wait=True)
