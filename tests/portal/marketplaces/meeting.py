"""Two acts over real connections that stop where the one holds what the other wants next.

Each act runs in a thread and waits at its mark, the first statement that its pattern finds, until the other act is at
its own. An act that is kept from its mark by a lock lets the first go on after a while: that is the order at work.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from portal.db import db

HERE_S = 1.0
"""How long an act stays at its mark for one that may be locked out by it: too short makes no test fail."""
LIMIT_S = 120.0


@dataclass
class Act:
    """One side: what it does, and after which statement it waits for the other."""

    run: Callable[[], object]
    mark: str
    reached: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None


def meet(app: Any, *acts: Act) -> list[BaseException | None]:
    """Run two acts so that they meet; return what each raised."""
    own: dict[int, Act] = {}

    def after(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        act = own.get(threading.get_ident())
        if act is None or act.reached.is_set() or not re.search(act.mark, statement, re.DOTALL):
            return
        act.reached.set()
        other = next(one for one in acts if one is not act)
        other.reached.wait(HERE_S)

    def side(act: Act) -> None:
        own[threading.get_ident()] = act
        with app.app_context():
            try:
                act.run()
            except Exception as error:  # noqa: BLE001  handed to the test
                act.error = error
            finally:
                act.reached.set()
                db.session.remove()

    with app.app_context():
        engine = db.engine
    event.listen(engine, "after_cursor_execute", after)
    threads = [threading.Thread(target=side, args=(act,), daemon=True) for act in acts]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LIMIT_S)
            assert not thread.is_alive(), "an act hangs"
    finally:
        event.remove(engine, "after_cursor_execute", after)
    return [act.error for act in acts]
