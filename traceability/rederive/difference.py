"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be; `row` is the key of the row it is about, where there is one."""

    area: str
    subject: str
    detail: str
    row: int | str | None = None
