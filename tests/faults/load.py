"""People, banks and shoppers who never rest while the faults come, and what was acknowledged to them.

An acknowledgement is written to a file of its own, on disk before the next act: the witness for what must be there.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from sqlalchemy.exc import OperationalError

from portal.acting import Acting
from portal.catalogue import actions as catalogue
from portal.catalogue.models import Product
from portal.db import begin, db, reading
from portal.marketplaces.models import Listing
from portal.stamps import actions as stamps
from portal.stamps.errors import OrderLeaseLost
from portal.stamps.orders import issue_now
from portal.stamps.wiring import book_of
from tests.faults.town import Town
from traceability import stamp_codes

REST_S = 0.15
ANSWER_S = 5.0
"""So long a payer or a bank waits for an answer before it counts as none."""
SHOPKEEPER = Acting.system("test")
PAGES = ("/", "/dashboard", "/healthz", "/readyz", "/api/v1/observations")
NO_ANSWER = (requests.RequestException, OperationalError, OrderLeaseLost)


class Refused(Exception):
    """An answer that is allowed while a part is gone, such as 503."""


class Witness:
    """What was acknowledged, a line each, safe from anything that happens to any process."""

    def __init__(self, path: Path) -> None:
        self._file, self._lock = path.open("a", encoding="utf-8"), threading.Lock()
        self.said: dict[str, set[str]] = {"paid": set(), "batch": set(), "listing": set(), "first": set()}

    def note(self, what: str, which: object) -> None:
        """Keep one acknowledgement; a first scan may be told to one shopper only."""
        with self._lock:
            assert what != "first" or str(which) not in self.said[what], f"{which} was the first scan twice"
            self.said[what].add(str(which))
            self._file.write(f"{what} {which}\n")
            self._file.flush()
            os.fsync(self._file.fileno())


@dataclass
class Debt:
    """A payment that the bank knows and has to tell us until we acknowledge it."""

    request: Any
    tell: Callable[..., requests.Response]
    told: bool = False


@dataclass
class Load:
    """The workload on one town; its draws come from the seed."""

    town: Town
    seed: int
    witness: Witness
    debts: list[Debt] = field(default_factory=list)
    listings: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    _codes: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "Load":
        sides = (self.payers, self.banks, self.sellers, self.printers, self.shoppers)
        self._threads = [threading.Thread(target=self._run, args=(side,), daemon=True) for side in sides]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self, side: Callable[[random.Random, int], None]) -> None:
        chance, number = random.Random(f"{side.__name__} {self.seed}"), 0
        while not self._over.wait(REST_S):
            number += 1
            try:
                with self.town.app.app_context():
                    side(chance, number)
            except (*NO_ANSWER, Refused):
                continue
            except Exception as error:  # noqa: BLE001  told at the end, with the seed
                self.wrong.append(f"{side.__name__}: {error!r}")
                return

    # Money

    def payers(self, chance: random.Random, number: int) -> None:
        """Ask for a payment, and let the payer pay it at the bank."""
        request = self.town.ask(f"random {self.seed} {number}")
        try:
            tell = self.town.notice(chance.choice(["vnpay", "sepay"]), request)
        except AssertionError as error:  # the payer's page is away: this one pays nothing
            raise Refused from error
        self.debts.append(Debt(request, tell))

    def banks(self, chance: random.Random, _number: int) -> None:
        """Tell some payments, the old with the new, out of order, some of them twice at once."""
        waiting = [debt for debt in self.debts if not debt.told]
        for debt in chance.sample(waiting, min(3, len(waiting))):
            if chance.random() < 0.3:
                threading.Thread(target=self._tell, args=(debt,), daemon=True).start()
            self._tell(debt, through_front=chance.random() < 0.5)
        if chance.random() < 0.2 and self.debts:
            self._tell(chance.choice(self.debts))

    def _tell(self, debt: Debt, *, through_front: bool = False) -> None:
        port = self.town.front.port if through_front else self.town.portal.port
        try:
            answer = debt.tell(f"http://127.0.0.1:{port}", timeout=ANSWER_S)
            self._fit(answer)
            said = answer.json()
        except (requests.RequestException, Refused):
            return
        if said.get("RspCode") in ("00", "02") or said.get("success") is True:
            self.witness.note("paid", debt.request.id)
            debt.told = True

    def collect(self) -> None:
        """Tell every payment that was not acknowledged, until it is."""
        for debt in self.debts:
            for _ in range(20):
                if debt.told:
                    break
                self._tell(debt)
            assert debt.told, f"{debt.request.id} was never acknowledged"

    # Goods

    def sellers(self, chance: random.Random, number: int) -> None:
        """Publish something new, or change what is published."""
        if self.listings and (len(self.listings) > 12 or chance.random() < 0.5):
            self.rename(chance.choice(sorted(self.listings.values())), f"Hàng nhà {self.seed}-{number}")
        else:
            product = self.town.product(self.town.seller, f"Hàng nhà {self.seed}-{number}")
            listing = self.town.publish(self.town.seller, product)
            self.listings[listing] = product
            self.witness.note("listing", listing)
        time.sleep(REST_S * 3)

    def followed(self, listing: str) -> bool:
        """Say whether the newest edit of the goods was looked at for a listing."""
        with self.town.rows() as session:
            newest = session.get_one(Product, self.listings[listing]).version
            return session.get_one(Listing, listing).product_version == newest

    def rename(self, product_id: str, name: str) -> None:
        """Give goods another name; the marketplaces follow."""
        with begin() as session:
            product = session.get_one(Product, product_id)
            catalogue.redescribe_product(
                session, now=self.town.world.clock.now(), acting=self.town.seller, product=product, name=name,
                category_code=product.category_code, description=product.description,
            )  # fmt: skip

    # Stamps

    def printers(self, chance: random.Random, number: int) -> None:
        """Issue a small batch and put it on a lot."""
        world, count = self.town.world, chance.randrange(5, 60)
        now = world.clock.now()
        _order, issued = issue_now(world, now=now, acting=SHOPKEEPER, product_id=self.town.goods, count=count)
        if issued is None:
            return
        self.witness.note("batch", issued.batch)
        with begin() as session:
            lot = stamps.lot_named(
                session, now=now, acting=SHOPKEEPER, batch=issued.batch, name=f"L{self.seed}-{number}"
            )
            stamps.activate(
                session, now=now, acting=SHOPKEEPER, batch=issued.batch, first=0, last=count - 1, lot_id=lot.id
            )
        book = book_of(world.stamp_keys)
        self._codes += [
            urlsplit(one.url).path
            for one in stamp_codes(reading(), book=book, batch=issued.batch, first=0, last=count - 1)
        ]
        db.session.rollback()
        time.sleep(REST_S * 3)

    def shoppers(self, chance: random.Random, _number: int) -> None:
        """Scan a stamp and read a page."""
        self._read(chance.choice(PAGES))
        if not self._codes:
            return
        path = chance.choice(self._codes[-400:])
        answer = self._read(path, headers={"Accept": "application/json"})
        if answer.status_code == 200 and answer.json()["verdict"] == "genuine_first_scan":
            self.witness.note("first", path)

    def _read(self, path: str, **more: Any) -> requests.Response:
        answer = requests.get(self.town.portal.url + path, timeout=ANSWER_S, **more)
        self._fit(answer)
        return answer

    def _fit(self, answer: requests.Response) -> None:
        """Note an answer that no fault excuses; raise `Refused` for one that says to come again."""
        if answer.status_code in (429, 503):
            raise Refused
        if answer.status_code >= 400:
            self.wrong.append(f"{answer.request.method} {urlsplit(answer.url).path}: {answer.status_code}")

    def acknowledged(self, what: str) -> Sequence[str]:
        """Return what was acknowledged of one kind."""
        return sorted(self.witness.said[what])
