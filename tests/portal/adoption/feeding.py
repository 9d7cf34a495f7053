"""A running stand-in of the operations centre, and a province that is fed to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from portal.adoption.backlog import RECIPIENT
from portal.adoption.feed_models import AdoptBatch, AdoptRecipient, AdoptWatermark
from portal.adoption.feed_wire import Lgsp
from portal.adoption.models import AdoptObservation
from portal.adoption.pushing import Pushed, push
from tests.portal.adoption.conftest import MAY_1, Province
from tests.portal.marketplaces.listening import stage

Key = tuple[str, str, str, str]


@dataclass
class Fed:
    """The province, the centre, and what passes between them."""

    province: Province
    world: Any
    clock: Any
    base_url: str
    lgsp: Lgsp

    def misbehave(self, *moods: str) -> None:
        answer = requests.post(f"{self.base_url}/_sandbox/ioc/next", json={"next": list(moods)}, timeout=10)
        assert answer.status_code == 200, answer.text

    def held(self) -> dict[Key, tuple[int, int | None, str, str]]:
        """Return what the centre holds."""
        body = requests.get(f"{self.base_url}/_sandbox/ioc/holdings", timeout=10).json()
        return {
            (row["indicator"], row["cut"], row["area"], row["period"]): (
                row["revision"], row["value"], row["obs_status"], row["status"],
            )
            for row in body["rows"]
        }  # fmt: skip

    def published(self) -> dict[Key, tuple[int, int | None, str, str]]:
        """Return the latest revision of every figure that is public."""
        rows = self.province.session.scalars(select(AdoptObservation).order_by(AdoptObservation.revision))
        return {
            (one.indicator, one.cut, one.area_id, one.period): (one.revision, one.value, one.obs_status, one.status)
            for one in rows
        }

    def push(self, *, at_once: bool = False) -> Pushed:
        self.province.session.commit()
        return push(self.world, self.lgsp, longest_s=120, at_once=at_once)

    def row(self) -> AdoptRecipient:
        return self.province.session.get_one(AdoptRecipient, RECIPIENT, populate_existing=True)

    def mark(self, code: str = "HH_ACCOUNT", cut: str = "_T") -> AdoptWatermark:
        return self.province.session.get_one(AdoptWatermark, (RECIPIENT, code, cut), populate_existing=True)

    def batches(self, state: str) -> list[AdoptBatch]:
        query = select(AdoptBatch).where(AdoptBatch.state == state).execution_options(populate_existing=True)
        return list(self.province.session.scalars(query))

    def account(self, commune: int = 2) -> None:
        """One more household of April, published."""
        self.province.account(self.province.seller(commune))
        self.clock.move(seconds=1)
        self.province.publish(self.clock.now())


@contextmanager
def feeding(province: Province, world: Any, clock: Any, folder: Path, **more: str) -> Iterator[Fed]:
    """Run the centre over an empty folder, with the test's clock; the ground is thirty households of a closed April."""
    clock.at = MAY_1
    with stage(folder, **more) as running:
        running.running.sandboxes.ioc.clock = lambda: clock.now().timestamp()
        lgsp = Lgsp.from_settings(running.settings)
        assert lgsp is not None
        yield Fed(province, world, clock, running.running.base_url, lgsp)
