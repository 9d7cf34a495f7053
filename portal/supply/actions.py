"""Ask for everything about a lot, a batch or a period, and give it; both stand in the audit trail."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.db import begin, new_id, reading
from portal.recalls.actions import own
from portal.supply.collecting import Scope, find
from portal.supply.errors import NothingToSupply
from portal.supply.packing import pack
from portal.world import World

Changed = dict[str, tuple[object, object]]


def supply(world: World, *, acting: Acting, scope: Scope) -> tuple[str, Iterator[bytes]]:
    """Note the request; return its id, and the file piece by piece. Raises `NothingToSupply`.

    Two transactions of its own: who asked is noted whatever becomes of it, the delivery when the last piece was taken.
    """
    request_id = new_id("sp")
    with begin() as session:
        changed: Changed = {"scope": (None, scope.name())}
        _note(session, world.clock.now(), acting, "supply.asked", request_id, changed)
    rows = reading()
    found = find(scope, own(rows, acting))
    if rows.scalars(found.lots.limit(1)).first() is None and rows.scalars(found.batches.limit(1)).first() is None:
        raise NothingToSupply

    def pieces() -> Iterator[bytes]:
        sent = 0
        for piece in pack(rows, found, world=world, about={"id": request_id, "scope": scope.name()}):
            sent += len(piece)
            yield piece
        with begin() as session:
            _note(session, world.clock.now(), acting, "supply.given", request_id, {"bytes": (None, sent)})

    return request_id, pieces()


def _note(session: Session, now: datetime, acting: Acting, act: str, object_id: str, changed: Changed) -> None:
    record(
        session, now=now, acting=acting, act=act, object_id=object_id, subject=acting.organisation_id, changed=changed,
        public=frozenset(changed),
    )  # fmt: skip
