"""Real transactions on a scratch database, one writer at a time on SQLite, row locks on PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal.db import configure_engine


class Books:
    """One database where commits are real."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(url, **({} if url.startswith("sqlite") else {"pool_size": 20}))
        configure_engine(self.engine)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Give a session whose transaction commits at the end."""
        with (
            self.engine.connect().execution_options(write=True) as connection,
            Session(bind=connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """Run an act in so many threads that start at once; return what each returned, or raise what one raised."""
    barrier = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        barrier.wait(10)
        try:
            results[number] = act(number)
        except Exception as fault:  # noqa: BLE001 - handed to the caller's thread
            results[number] = fault

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results
