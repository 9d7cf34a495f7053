"""The eight verdicts and the one order in which they are tried (pure). They speak of the code, never of the goods."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from traceability.days import day_in_vietnam

# Tells whether two places are too far apart to be scanned at within a day.
Far = Callable[[str, str], bool]
RECENT_KEPT = 16


class Verdict(StrEnum):
    """The closed list, in the order in which they are tried."""

    UNKNOWN = "unknown"
    RECALLED = "recalled"
    VOIDED = "voided"
    NOT_ACTIVATED = "not_activated"
    EXPIRED = "expired"
    SUSPICIOUS = "suspicious"
    GENUINE_SCANNED_BEFORE = "genuine_scanned_before"
    GENUINE_FIRST_SCAN = "genuine_first_scan"


class Suspicion(StrEnum):
    """Why a stamp is suspicious."""

    RECORD_DIFFERS = "record_differs"
    MANY_IN_A_DAY = "many_in_a_day"
    MANY_IN_A_WEEK = "many_in_a_week"
    FAR_APART = "far_apart"
    BEFORE_ACTIVATION = "before_activation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From how many scans on a stamp is suspicious; at most 16, which is how many scans a stamp's row remembers."""

    day: int = 3
    week: int = 10
    before_activation: int = 3

    def __post_init__(self) -> None:
        if not (2 <= self.day <= RECENT_KEPT and 2 <= self.week <= RECENT_KEPT and self.before_activation >= 1):
            raise ValueError(f"thresholds are 2 to {RECENT_KEPT}")


@dataclass(frozen=True, slots=True)
class RecentScan:
    """One of the latest scans of a stamp."""

    at: datetime
    place: str | None
    address_hash: str


@dataclass(frozen=True, slots=True)
class StampCounts:
    """What a stamp's row says, this scan included where it was recorded."""

    first_at: datetime | None
    first_place: str | None
    scans: int
    scans_before: int
    recent: tuple[RecentScan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the records say of a known stamp, apart from its scans."""

    recalled: bool
    voided: bool
    active: bool
    expires_on: date | None
    differs: bool


def judge(
    standing: Standing, counts: StampCounts, *, now: datetime, thresholds: Thresholds, far: Far
) -> tuple[Verdict, Suspicion | None]:
    """Give the one verdict on a known stamp, and the reason if it is suspicious. `counts` include this scan."""
    if standing.recalled:
        return Verdict.RECALLED, None
    if standing.voided:
        return Verdict.VOIDED, None
    if not standing.active:
        return Verdict.NOT_ACTIVATED, None
    if standing.expires_on is not None and day_in_vietnam(now) > standing.expires_on:
        return Verdict.EXPIRED, None
    reason = suspicion(standing, counts, now=now, thresholds=thresholds, far=far)
    if reason is not None:
        return Verdict.SUSPICIOUS, reason
    return (Verdict.GENUINE_SCANNED_BEFORE if counts.scans > 1 else Verdict.GENUINE_FIRST_SCAN), None


def suspicion(
    standing: Standing, counts: StampCounts, *, now: datetime, thresholds: Thresholds, far: Far
) -> Suspicion | None:
    """Say what makes a stamp suspicious, None if nothing does."""
    if standing.differs:
        return Suspicion.RECORD_DIFFERS
    if counts.scans_before >= thresholds.before_activation:
        return Suspicion.BEFORE_ACTIVATION
    # Only scans since activation are weighed; the earlier ones stand further back in the list.
    since = counts.recent[: counts.scans]
    day = [scan for scan in since if scan.at > now - timedelta(days=1)]
    if len(day) >= thresholds.day:
        return Suspicion.MANY_IN_A_DAY
    if sum(scan.at > now - timedelta(days=7) for scan in since) >= thresholds.week:
        return Suspicion.MANY_IN_A_WEEK
    places = sorted({scan.place for scan in day if scan.place is not None})
    if any(far(one, other) for position, one in enumerate(places) for other in places[position + 1 :]):
        return Suspicion.FAR_APART
    return None


def pack_scan(scan: RecentScan) -> str:
    """Write one scan for the row's list: at most 31 characters, so that 16 of them always fit."""
    return f"{int(scan.at.timestamp()):x}:{scan.place or ''}:{scan.address_hash};"


def unpack_scans(packed: str) -> tuple[RecentScan, ...]:
    """Read a row's list, newest first; the last one may have been cut off and is left out."""
    scans = []
    for record in packed.split(";")[:-1]:
        seconds, place, address_hash = record.split(":")
        scans.append(RecentScan(datetime.fromtimestamp(int(seconds, 16), UTC), place or None, address_hash))
    return tuple(scans)
