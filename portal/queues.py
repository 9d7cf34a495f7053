"""What waits for a person: the shape in which each subject tells an officer's desk of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from portal.acting import Acting

Rows = Select[datetime, str, str]
"""What waits: since when, its id, and what it is about."""
PROVINCE = frozenset({"province_officer"})
OFFICERS = frozenset({"commune_officer", "province_officer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One kind of thing that waits: who may look at it, the rows within reach, and where a person acts on them.

    `rows` selects the columns `since`, `id` and `about` of what is open within an actor's reach; counts, ages and
    lists all come from it. `address` is the list's page, `one` tells of a row by id and about: words, without a
    personal value, and a page.
    """

    code: str
    name: Any
    rows: Callable[[Session, Acting], Rows]
    address: Callable[[], str]
    one: Callable[[str, str], tuple[Any, str]]
    roles: frozenset[str] = OFFICERS
