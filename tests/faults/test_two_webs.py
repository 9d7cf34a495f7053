"""Two webs over one PostgreSQL: a recall is said by each from the next scan, and keys roll without a failure."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import traceability as trace
from benchmarks.scan_route import prepare
from portal import create_app
from portal.acting import Acting
from portal.config import Settings, demo_secret
from portal.db import begin, db
from portal.stamps.due import grow_log
from portal.stamps.orders import issue_now
from tests.engines import Engines
from tests.supervisor import PATIENCE_S, Portal, until
from traceability.models import TraceLot

PUBLIC = "http://127.0.0.1:8000"
MACHINE = {"Accept": "application/json"}
_ADDRESSES = count(1)


@dataclass(frozen=True)
class Answer:
    """What a web answered."""

    status: int
    headers: Any
    content: bytes

    def verdict(self) -> str:
        return str(json.loads(self.content)["verdict"])


class Webs:
    """Two portals' webs with the same database, keys and folder, and people who scan at both."""

    def __init__(self, address: str, folder: Path, product: str, paths: list[str]) -> None:
        self.product, self.paths = product, paths
        self.env = {"PUBLIC_URL": PUBLIC, "INSTANCE_DIR": str(folder)}
        self.portals = [Portal(address, names=("web",), **self.env) for _ in range(2)]
        self.engine = sa.create_engine(address)
        self.open()

    def open(self) -> None:
        """Act as the portal does, under its settings of now."""
        self.app = create_app(Settings.from_env(self.portals[0].env))
        self.world: Any = self.app.extensions["world"]

    def ask(self, web: int, path: str, headers: dict[str, str] = MACHINE) -> Answer:
        """Ask one web from an address of its own, as each of a crowd would."""
        number = next(_ADDRESSES)
        own = f"127.20.{number // 250 % 250}.{number % 250 + 1}"
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.portals[web].port, timeout=PATIENCE_S, source_address=(own, 0)
        )
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def verdict(self, web: int, path: str) -> str:
        """Scan a stamp at one web."""
        return self.ask(web, path).verdict()

    def publish(self) -> None:
        """Do the log's due work."""
        with self.app.app_context():
            while grow_log(self.world):
                pass
            db.session.remove()

    def close(self) -> None:
        """End what was started."""
        for portal in self.portals:
            for name in list(portal.processes):
                portal.kill(name)
        self.engine.dispose()


@pytest.fixture(scope="module")
def webs(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webs]:
    folder, address = tmp_path_factory.mktemp("webs"), engines.fresh("postgresql")
    made = Webs(address, folder, *prepare(address, folder, 40))
    try:
        for portal in made.portals:
            portal.start("web")
        for portal in made.portals:
            portal.wait()
        yield made
    finally:
        made.close()


class Crowd:
    """People who scan, two at each web, until they are told to stop; `seen` holds what each was told, and when."""

    def __init__(self, scan: Callable[[int, int], str]) -> None:
        self.phase, self._scan = 0, scan
        self.seen: list[tuple[int, int, str]] = []
        self._stop, self._pool = threading.Event(), ThreadPoolExecutor(4)

    def _run(self, who: int) -> None:
        while not self._stop.is_set():
            before = self.phase  # read before the scan: what was true then must be what it says, or later
            self.seen.append((who, before, self._scan(who % 2, who)))

    def scanned(self, phase: int, times: int) -> bool:
        """Say whether everybody has begun that many scans in this phase."""
        assert not any(one.done() for one in self._walks)
        begun = [who for who, at, _ in list(self.seen) if at == phase]
        return all(begun.count(who) >= times for who in range(4))

    def __enter__(self) -> "Crowd":
        self._walks = [self._pool.submit(self._run, who) for who in range(4)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for walk in self._walks:
            walk.result(timeout=PATIENCE_S)
        self._pool.shutdown()


def test_a_recall_is_said_by_every_web_from_the_next_scan(webs: Webs) -> None:
    with Session(webs.engine) as session:
        lot = session.scalars(sa.select(TraceLot)).one()
    page = f"/lots/{lot.id}"
    tags = [webs.ask(web, page, {}).headers["ETag"] for web in (0, 1)]
    with Crowd(lambda web, who: webs.verdict(web, webs.paths[who])) as crowd:
        until(lambda: crowd.scanned(0, 4), why="nobody scanned")  # caches are warm by now
        with Session(webs.engine) as session, session.begin():
            recall = trace.open_recall(
                session, now=webs.world.clock.now(), lot=lot.id, instruction="Trả lại nơi bán.", contact="1022"
            ).id
        crowd.phase = 1
        until(lambda: crowd.scanned(1, 4), why="nobody scanned after the recall")
        for web, tag in enumerate(tags):
            answer = webs.ask(web, page, {"If-None-Match": tag})
            assert (answer.status, "THU HỒI" in answer.content.decode()) == (200, True)
        crowd.phase = 2
        with Session(webs.engine) as session, session.begin():
            trace.lift_recall(session, now=webs.world.clock.now(), recall=recall)
        crowd.phase = 3
        until(lambda: crowd.scanned(3, 4), why="nobody scanned after its end")
    said = {phase: {verdict for _, at, verdict in crowd.seen if at == phase} for phase in (0, 1, 3)}
    assert said[1] == {"recalled"}
    assert "recalled" not in said[3]
    assert said[0] - {"recalled"}


def test_stamp_and_log_keys_roll_while_people_scan(webs: Webs) -> None:
    webs.publish()
    old = webs.ask(0, f"{webs.paths[9]}/proof").content
    before = trace.VerifierKey.parse(webs.ask(0, "/log/key").content.decode().split()[0])
    keys = {name: f"1:{demo_secret(name)},2:{'5c' * 32}" for name in ("STAMP_ROOT_KEY", "LOG_SIGNING_KEY")}

    def scan(web: int, who: int) -> str:
        for tried in (web, 1 - web):  # as a proxy before both does: one of them is always there
            with suppress(OSError, http.client.HTTPException):
                return webs.verdict(tried, webs.paths[10 + who])
        raise AssertionError("no web answered")

    with Crowd(scan) as crowd:
        until(lambda: crowd.scanned(0, 2), why="nobody scanned")
        for phase, portal in enumerate(webs.portals, start=1):
            portal.stop("web")
            portal.env |= keys
            portal.start("web")
            portal.wait()
            crowd.phase = phase
            until(lambda phase=phase: crowd.scanned(phase, 2), why="nobody scanned after a roll")  # type: ignore[misc]
        webs.open()
        with webs.app.app_context():
            now, by = webs.world.clock.now(), Acting.system("test")
            _order, issued = issue_now(webs.world, now=now, acting=by, product_id=webs.product, count=20)
            assert issued is not None
            with begin() as session:
                header, key = trace.BatchBook(webs.world.stamp_keys).open(session, issued.batch)
            db.session.remove()
        webs.publish()
    assert {verdict for *_, verdict in crowd.seen} <= {"genuine_first_scan", "genuine_scanned_before", "suspicious"}
    assert header.key_version == 2
    new = [webs.ask(web, f"/s/{key.serial(index)}") for web in (0, 1) for index in (0, 19)]
    assert {answer.verdict() for answer in new} == {"not_activated"}
    now_listed = [trace.VerifierKey.parse(line) for line in webs.ask(1, "/log/key").content.decode().split()]
    assert before in now_listed
    assert len(now_listed) == 2
    trace.verify_bundle(old, log_keys=[before])
    for path, index in ((webs.paths[9], 9), (f"/s/{key.serial(7)}", 7)):
        later = webs.ask(0, f"{path}/proof").content
        for known in now_listed:
            assert trace.verify_bundle(later, log_keys=[known]).index == index
