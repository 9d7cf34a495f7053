"""The columns of a roster that tell of accounts: which marketplace, under which name, how it stands there.

A marketplace's own list is its word that the accounts exist; they are created here in bulk, a chunk at a time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.bulk import among, insert_rows, rising_ids
from portal.counting import TOTAL, Cell
from portal.marketplaces.channels.registry import NAMES
from portal.marketplaces.eligibility import ask_for_sweep
from portal.marketplaces.models import ChannelAccount
from portal.marketplaces.outbox import OPEN, rows_of, settle_as_arrived
from portal.marketplaces.states import ACCOUNT, may, step
from portal.onboarding.rosters.fields import Field, Held, RowProblem, field
from portal.onboarding.stages import reach_many
from portal.onboarding.validators import plain
from portal.places.names import fold

_COLUMNS = (
    "id", "channel", "organisation_id", "state", "version", "remote_id", "problems", "wanted_at", "changed_at",
    "created_at", "verified_at",
)  # fmt: skip
_REMOTE_LENGTH = 100
_STATES = {
    "": "created", "da tao": "created", "da co": "created", "da cap": "created", "hoat dong": "created",
    "dang hoat dong": "created", "created": "created", "active": "created",
    "da xac minh": "verified", "da xac thuc": "verified", "verified": "verified",
    "khoa": "suspended", "tam khoa": "suspended", "bi khoa": "suspended", "ngung hoat dong": "suspended",
    "suspended": "suspended",
}  # fmt: skip
_NOT_YET = frozenset({"chua", "chua co", "chua tao", "dang tao", "cho", "dang cho", "cho duyet", "none", "pending"})
# How an account that we know comes to the state that the list tells, by the steps of its table.
_STEPS = {
    "created": ("want", "queue", "claimed", "said_created"),
    "verified": ("want", "queue", "claimed", "said_created", "said_verified"),
    "suspended": ("want", "queue", "claimed", "said_created", "said_verified", "said_suspended"),
}


class AccountCells(NamedTuple):
    """What a line says of an account."""

    channel: str
    remote_id: str | None
    state: str


class Accounts:
    """The group of columns; registered with the rosters below."""

    name = "account"
    fields: tuple[Field, ...] = (
        field("marketplace", _l("Marketplace"), "Sàn", "Sàn TMĐT", "Tên sàn", "Sàn thương mại điện tử", "Marketplace"),
        field("account", _l("Account"), "Tài khoản", "Mã tài khoản", "Tên tài khoản", "Tài khoản sàn", "Gian hàng",
              "Mã gian hàng", "Account"),
        field("account_status", _l("Status of the account"), "Trạng thái", "Trạng thái tài khoản", "Tình trạng",
              "Tình trạng tài khoản", "Status"),
    )  # fmt: skip

    def read(self, cells: Mapping[str, str]) -> tuple[AccountCells | None, Sequence[RowProblem]]:
        """Return what the cells say of an account; none where the list says that there is none yet."""
        named, status = cells.get("marketplace", ""), _status(cells.get("account_status", ""))
        remote_id = plain(cells.get("account", ""))[:_REMOTE_LENGTH] or None
        channel = _CHANNELS.get(named) or _channel(named)
        if status in _NOT_YET or (not named.strip() and remote_id is None):
            return None, ()
        if channel is None:
            return None, (RowProblem("marketplace", "account.marketplace"),)
        if status not in _STATES:
            return None, (RowProblem("account_status", "account.status"),)
        return AccountCells(channel, remote_id, _STATES[status]), ()

    def clashes(self, session: Session, held: Sequence[tuple[int, str | None, AccountCells]]) -> dict[int, RowProblem]:
        """Return the lines whose account is another's, on record or in an earlier line of the chunk."""
        owners = _owners(session, [cells for _, _, cells in held])
        found: dict[int, RowProblem] = {}
        for row, organisation_id, cells in held:
            key = (cells.channel, cells.remote_id or "")
            if not cells.remote_id:
                continue
            owner = owners.setdefault(key, organisation_id or f"row:{row}")
            if owner not in (organisation_id, f"row:{row}"):
                found[row] = RowProblem("account", "account.taken")
        return found

    def create(
        self, session: Session, held: Sequence[Held], *, now: datetime
    ) -> "tuple[Counter[Cell], Mapping[str, set[str]]]":
        """Create the accounts of new sellers; return what that counts, and who reached the first stage by it."""
        _insert(session, held, now=now)
        cells: Counter[Cell] = Counter()
        households = [one for one in held if one.household]
        for area, number in Counter(one.area_id for one in households).items():
            cells["HH_ACCOUNT", TOTAL, area] += number
            cells["HH_ACCOUNT", "assisted_by@roster", area] += number
        for (channel, area), number in Counter((one.values.channel, one.area_id) for one in households).items():
            cells["HH_ACCOUNT", f"channel@{channel}", area] += number
        return cells, {"created": {one.organisation_id for one in households}}

    def differs(self, session: Session, held: Sequence[Held]) -> set[str]:
        """Return the known sellers whose account is new or stands otherwise."""
        known = _known(session, held)
        return {
            one.organisation_id
            for one in held
            if (account := known.get((one.organisation_id, one.values.channel))) is None
            or _path(account, one.values) or (account.remote_id is None and one.values.remote_id)
        }  # fmt: skip

    def merge(self, session: Session, held: Sequence[Held], *, now: datetime) -> set[str]:
        """Create the accounts that known sellers lack, and bring the others to what the list says."""
        known = _known(session, held, lock=True)
        fresh = [one for one in held if (one.organisation_id, one.values.channel) not in known]
        _insert(session, fresh, now=now)
        changed = {one.organisation_id for one in fresh}
        existing = {one.organisation_id for one in fresh if one.household}
        for one in held:
            account = known.get((one.organisation_id, one.values.channel))
            if account is None:
                continue
            if account.remote_id is None and one.values.remote_id is not None:
                account.remote_id = one.values.remote_id
                changed.add(one.organisation_id)
            path = _path(account, one.values)
            if path:
                _follow(session, account, path, now=now)
                changed.add(one.organisation_id)
                existing |= {one.organisation_id} if one.household else set()
        reach_many(session, households=sorted(existing), stage="created", at=now)
        return changed

    def finished(self, session: Session, *, now: datetime) -> None:
        """Have all accounts judged anew."""
        ask_for_sweep(session, now=now)


@lru_cache(4_096)
def _status(text: str) -> str:
    return fold(text)


@lru_cache(4_096)
def _channel(named: str) -> str | None:
    key = fold(named).removesuffix(" vn").replace(" ", "")
    return key if key in NAMES else None


_CHANNELS: dict[str, str] = {name: code for code, name in NAMES.items()} | {code: code for code in NAMES}


def _owners(session: Session, cells: Iterable[AccountCells]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    by_channel: dict[str, list[str]] = {}
    for one in cells:
        if one.remote_id:
            by_channel.setdefault(one.channel, []).append(one.remote_id)
    for channel, remote_ids in by_channel.items():
        some = among(session, ChannelAccount.remote_id, remote_ids)
        query = select(ChannelAccount.remote_id, ChannelAccount.organisation_id)
        for remote_id, owner in session.execute(query.where(ChannelAccount.channel == channel, some)):
            found[channel, remote_id or ""] = owner
    return found


def _known(session: Session, held: Sequence[Held], *, lock: bool = False) -> dict[tuple[str, str], ChannelAccount]:
    own = among(session, ChannelAccount.organisation_id, [one.organisation_id for one in held])
    query = select(ChannelAccount).where(own).order_by(ChannelAccount.id)
    rows = session.scalars(query.with_for_update() if lock else query, execution_options={"populate_existing": True})
    return {(row.organisation_id, row.channel): row for row in rows}


def _insert(session: Session, held: Sequence[Held], *, now: datetime) -> None:
    rows: list[tuple[Any, ...]] = [
        (
            made, one.values.channel, one.organisation_id, one.values.state, 0, one.values.remote_id, [], now, now, now,
            now if one.values.state == "verified" else None,
        )
        for made, one in zip(rising_ids("ac", len(held)), held, strict=True)
    ]  # fmt: skip
    insert_rows(session, ChannelAccount, _COLUMNS, rows)


def _path(account: ChannelAccount, cells: Any) -> list[str]:
    """Return the steps that lead an account to the state which the list tells; none where it stands there already.

    A list that knows less than we do (created, where we know of verified) leads nowhere.
    """
    state, steps = account.state, []
    if state == "suspended" and cells.state in ("created", "verified"):  # open again; verified only if it ever was
        return ["said_verified"] if cells.state == "verified" or account.verified_at else ["said_open"]
    for event in _STEPS[cells.state]:
        if state == cells.state:
            break
        if may(ACCOUNT, state, event):
            state = step(ACCOUNT, state, event)
            steps.append(event)
    return steps if state == cells.state else []


def _follow(session: Session, account: ChannelAccount, steps: Sequence[str], *, now: datetime) -> None:
    for event in steps:
        account.state = step(ACCOUNT, account.state, event)
    account.changed_at, account.problems = now, []
    account.created_at = account.created_at or now
    if account.state == "verified":
        account.verified_at = now
    asked = rows_of(session, entity=account.id, flow="account", statuses=OPEN)
    settle_as_arrived(asked, now=now, version=account.version)
