"""The demo's stage: its own clock, who acts, and how each act is carried out: one transaction each, like a person's."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.db import begin, reading
from portal.marketplaces.offers import photo_address
from portal.worker import run_steps
from portal.world import World

PAUSE_S = 0.1
Say = Callable[[str], None]


class DemoClock:
    """A clock that the demo sets: its figures belong to their months, whatever today is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the demo's time."""
        return self.at

    def move(self, **delta: float) -> datetime:
        """Move on by a timedelta's arguments; return the new time."""
        self.at += timedelta(**delta)
        return self.at


@dataclass(frozen=True)
class Stage:
    """The world with the demo's clock, the scale, and a way to say what goes on."""

    world: World
    clock: DemoClock
    scale: float
    say: Say

    @property
    def acting(self) -> Acting:
        """Return the demo as the actor."""
        return Acting.system("demo")

    def as_of(self, organisation_id: str) -> Acting:
        """Return the demo acting for one organisation."""
        return replace(self.acting, organisation_id=organisation_id, role="household")

    def officer(self, login_id: str) -> Acting:
        """Return the province's officer as the actor."""
        return Acting(login_id=login_id, role="province_officer")

    def photo_address(self, sha256: str) -> str:
        """Return the address under which a partner finds a picture."""
        return photo_address(self.world.settings.public_url)(sha256)

    @contextmanager
    def act(self) -> Iterator[tuple[Session, datetime]]:
        """Carry out one act at the demo's time, in one transaction."""
        with begin(flushed=False) as session:  # after a power cut the demo is loaded anew
            yield session, self.clock.now()

    def drain(self, left: Callable[[Session], int], *, seconds: float, only: str = "") -> None:
        """Do due work (the steps whose names begin with `only`) at the demo's time until nothing is left.

        Raises TimeoutError when nothing moved for some seconds.
        """
        until, last, least = time.monotonic() + seconds, dict[str, float](), -1
        while True:
            busy = self.turn(last, only)
            still = left(reading())
            if not still:
                return
            if still < least or least < 0:
                until, least = time.monotonic() + seconds, still
            if time.monotonic() > until:
                raise TimeoutError("the demo's partners did not answer; are the sandboxes and the web server running?")
            if not busy:
                self.clock.move(seconds=2)
            time.sleep(PAUSE_S)  # partners answer meanwhile; what they say is best taken by the hundred

    def turn(self, last: dict[str, float], only: str) -> bool:
        """Run each due step once; say whether any found something to do."""
        app: Any = current_app._get_current_object()  # type: ignore[attr-defined]
        real = app.extensions["world"]
        app.extensions["world"] = self.world
        try:
            steps = [step for step in app.extensions["steps"] if step.name.startswith(only)]
            return run_steps(app, steps, last)
        finally:
            app.extensions["world"] = real


def stage(world: World, *, at: datetime, scale: float, say: Say) -> Stage:
    """Return a stage whose clock stands at a time."""
    clock = DemoClock(at.astimezone(UTC))
    return Stage(world=replace(world, clock=clock), clock=clock, scale=scale, say=say)
