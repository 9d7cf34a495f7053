"""A small town on a running portal: a school, an approved household with goods, and a view of the rows behind it.

It acts through the portal's own actions, in this process, over the database of the processes that are killed.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal import create_app
from portal.acting import Acting
from portal.catalogue import actions as catalogue
from portal.catalogue.models import Product
from portal.catalogue.storage import DiskPhotos
from portal.config import Settings
from portal.counting import live_cells
from portal.counting.periods import month_of, parse_period
from portal.db import begin
from portal.marketplaces import actions as marketplaces
from portal.marketplaces.models import ChannelAccount, Listing, Outbox
from portal.marketplaces.offers import photo_address
from portal.marketplaces.states import EXISTS
from portal.onboarding.actions import approve
from portal.reference.loading import load_reference
from tests.faults.passing import busy_wait, forget_moods, minutes_pass, partners_minutes_pass
from tests.faults.proxy import Proxy
from tests.faults.stops import Stop
from tests.portal.catalogue.making import picture
from tests.portal.onboarding.making import household, officer, registered
from tests.portal.pay.making import TAN_THANH, asked, open_school, sepay_notice, vnpay_query
from tests.supervisor import PATIENCE_S, Portal, until

WAIT_S = PATIENCE_S
PROVINCE = "80@20250701"
PHONES = ("0966100201", "0966100202", "0966100203")


class Sent:
    """A request on its way in a thread of its own: `answer`, or `lost` when none came."""

    def __init__(self, call: Callable[[], requests.Response]) -> None:
        self.answer: requests.Response | None = None
        self.lost: requests.RequestException | None = None
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def _run(self, call: Callable[[], requests.Response]) -> None:
        try:
            self.answer = call()
        except requests.RequestException as error:
            self.lost = error

    def unanswered(self) -> bool:
        """Wait for the end; say whether the caller was left without an answer."""
        self._thread.join(timeout=WAIT_S)
        return self.lost is not None and self.answer is None


class Town:
    """What the fault tests act on."""

    def __init__(self, portal: Portal, *, front: Proxy) -> None:
        self.portal, self.front = portal, front
        self.address = portal.env["DATABASE_URL"]
        self.stop = Stop(self.address)
        self.app = create_app(Settings.from_env(portal.env))
        self.world: Any = self.app.extensions["world"]
        self._engine = sa.create_engine(self.address, connect_args=busy_wait(self.address))
        self._partners = portal.instance / "sandboxes.sqlite"
        # far above the stand-ins' own numbers, which start at 14,000,001: no two payments have one
        self._transaction_no, self._line, self._balance = 84_000_000, 92_000, 5_000_000
        with self.app.app_context():
            load_reference(now=self.world.clock.now(), acting=Acting.system("test"), simulations=True)
            self.school = open_school(self.world)
        self.seller = self.household(PHONES[0])
        self.goods = self.product(self.seller, "Bưởi da xanh")

    def up(self, *names: str) -> None:
        """Start what does not run, of these or of all, and wait until it answers."""
        for name in names or self.portal.names:
            if name not in self.portal.processes:
                self.portal.start(name)
            assert self.portal.processes[name].poll() is None, f"{name} ended by itself"
        self.portal.wait()

    @contextmanager
    def rows(self) -> Iterator[Session]:
        """Read what is committed, past the portal; or change it, as nobody may."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    def count(self, model: Any, *where: Any) -> int:
        """Count rows."""
        with self.rows() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(model).where(*where)) or 0

    def minutes_pass(self) -> None:
        """Let every lease run out and every pause end."""
        minutes_pass(self._engine)
        partners_minutes_pass(self._partners)

    def settles(self, condition: Callable[[], object], *, why: str) -> None:
        """Bring up what does not run and wait for something that due work does, whatever its tries, pauses, leases."""
        self.up()
        looks = itertools.count(1)

        def done() -> bool:
            if condition():
                return True
            if next(looks) % 20 == 0:
                self.minutes_pass()
            return False

        self.minutes_pass()
        until(done, seconds=WAIT_S, why=why)

    def calm(self) -> None:
        """Wait until nothing is under way here or at the partners, so that no test sees the end of another."""
        forget_moods(self._partners)
        waiting = Outbox.status.in_(("due", "leased"))
        self.settles(
            lambda: not self.count(Outbox, waiting) and not self.stats()["callbacks_waiting"],
            why="something stayed under way",
        )

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run a command of the portal here; return its exit code and what it printed."""
        with self.app.app_context():
            ran = self.app.test_cli_runner().invoke(args=[*arguments, "--json"])
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        return ran.exit_code, ran.stdout

    def sound(self) -> None:
        """Hold that books, trail and every figure agree with their source rows."""
        for command in (("invariants",), ("adoption", "recount")):
            code, said = self.command(*command)
            assert code == 0, (command, said[-2000:])

    def figure(self, code: str) -> int:
        """Return a figure of the province as it stands now, to the last commit."""
        with self.rows() as session:
            month = parse_period(month_of(datetime.now(UTC)))
            return sum(live_cells(session, self.app.extensions["catalogue"].get(code), month).values())

    # Sellers and their goods

    def household(self, phone: str) -> Acting:
        """Register and approve a household; wait until Postmart has its account; return its owner."""
        with self.app.app_context(), begin() as session:
            answers = household(phone, unit=TAN_THANH.id, id_number=None, name="Nguyễn Thị Hạnh")
            organisation, owner = registered(self.world, session, answers)
            judge = officer(session, self.world, unit=PROVINCE)
            approve(session, now=self.world.clock.now(), acting=judge, organisation_id=organisation.id)
            marketplaces.request_account(
                session, now=self.world.clock.now(), acting=owner, organisation=organisation, channel="postmart",
                keys=self.world.field_keys,
            )  # fmt: skip
        own = (ChannelAccount.organisation_id == organisation.id, ChannelAccount.state.in_(EXISTS))
        self.settles(lambda: self.count(ChannelAccount, *own), why="Postmart opened no account")
        return owner

    def product(self, owner: Acting, name: str) -> str:
        """Put a product on sale; return its id."""
        shown, now = picture(), self.world.clock.now()
        DiskPhotos(self.world.settings.instance / "photos").put(shown)
        with self.app.app_context(), begin() as session:
            made = catalogue.describe_product(
                session, now=now, acting=owner, organisation_id=owner.organisation_id or "", name=name,
                category_code="VN-FRUIT-POMELO", description="Vườn nhà.",
            )  # fmt: skip
            offer = catalogue.Offer(quantity_milli=1000, unit_code="kg", price_minor=60_000, stock_milli=12_000)
            catalogue.price_product(session, now=now, acting=owner, product=made, offer=offer)
            catalogue.add_photo(session, now=now, acting=owner, product=made, picture=shown)
            catalogue.put_on_sale(session, now=now, acting=owner, product=made)
            return made.id

    def publish(self, owner: Acting, product_id: str) -> str:
        """Publish a product to Postmart; return its listing."""
        with self.app.app_context(), begin() as session:
            published = marketplaces.publish(
                session, now=self.world.clock.now(), acting=owner, product=session.get_one(Product, product_id),
                channel=self.world.channels["postmart"], keys=self.world.field_keys,
                photo_address=photo_address(self.portal.url),
            )  # fmt: skip
            assert published.problems == ()
            return published.listing.id

    def listing(self, listing_id: str) -> Listing:
        """Return a listing as it is committed."""
        with self.rows() as session:
            return session.get_one(Listing, listing_id)

    def live(self, listing_id: str) -> bool:
        """Say whether buyers see a listing, by our rows."""
        row = self.listing(listing_id)
        return row.state == "live" and row.live_version is not None

    def mood(self, *names: str, seconds: float = 1.0) -> None:
        """Queue moods of Postmart."""
        body = {"next": list(names), "seconds": seconds}
        assert requests.post(f"{self.portal.sandbox_url}/_sandbox/postmart/next", json=body, timeout=WAIT_S).ok

    def stats(self) -> dict[str, int]:
        """Return what Postmart counted."""
        found: dict[str, int] = requests.get(
            f"{self.portal.sandbox_url}/_sandbox/postmart/stats", timeout=WAIT_S
        ).json()
        return found

    # Payers and banks

    def ask(self, form_id: str) -> Any:
        """Ask for 450,000 ₫ at the school's desk."""
        with self.app.app_context():
            return asked(self.world, self.school, form_id=form_id)

    def notice(self, provider: str, request: Any) -> Callable[..., requests.Response]:
        """Return how to send, again and again, the notice that a request is paid; signed by the tests' own code."""
        if provider == "vnpay":
            self._transaction_no += 1
            query = vnpay_query(self.world, self.order(request), vnp_TransactionNo=str(self._transaction_no))
            return lambda url=self.portal.url, timeout=WAIT_S: requests.get(
                f"{url}/hooks/vnpay?{query}", timeout=timeout
            )
        self._line, self._balance = self._line + 1, self._balance + request.amount_minor
        body, headers = sepay_notice(
            self.world, self.school, memo=request.code, amount=request.amount_minor, number=self._line,
            balance=self._balance,
        )  # fmt: skip
        return lambda url=self.portal.url, timeout=WAIT_S: requests.post(
            f"{url}/hooks/sepay", data=body, headers=headers, timeout=timeout
        )

    def order(self, request: Any) -> dict[str, str]:
        """Choose VNPay on the payer's page; return the fields with which the browser would arrive there."""
        answer = requests.post(
            f"{self.portal.url}/pay/requests/{request.id}", data={"way": "vnpay", "due": str(request.due_minor)},
            headers={"Origin": self.portal.url}, allow_redirects=False, timeout=WAIT_S,
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
