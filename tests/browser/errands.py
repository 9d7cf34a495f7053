"""Errands that lead to the pages which no link leads to: each is done by its guests, the way people do it."""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import stripe
from playwright.sync_api import Browser
from sqlalchemy import select

from portal import create_app
from portal.cases import open_case
from portal.config import Settings
from portal.counting import counting
from portal.db import begin
from portal.demo.cast import INSTITUTIONS
from portal.onboarding.models import Organisation, PlaceQuestion
from portal.onboarding.stages import reach_stage
from portal.people.roles import ROLES
from portal.world import current_world
from tests.browser.visiting import Guest, Visitor, texts_to
from tests.portal.epcis.walking import new_lot, press, tell
from tests.portal.onboarding.making import TAN_HOA, household, registered
from tests.portal.onboarding.walking import ANSWERS, soup, walk
from tests.portal.rosters.conftest import HEADINGS
from tests.portal.rosters.conftest import household as listed
from tests.portal.schools.lists import AN, BE, write_list
from tests.portal.teams.helping import TYPED, type_all
from tests.supervisor import Portal, until
from traceability import epcis

SAID = {"instruction": "Trả lại nơi bán", "contact": "0900 000 000", "found_at": "2026-11-01T08:00"}
PDF, TODAY = b"%PDF-1.7\nx", {"pick": "today"}
SSCC = "389385059700000012"
NEW, LISTED, HELPED, MOVED, PARTED = "0938 111 361", "0938 111 362", "0936 333 128", "0937 333 128", "0966 496 171"


@dataclass(frozen=True)
class Scene:
    """The running portal's visitor, a Chromium, and the demo's credentials."""

    visitor: Visitor
    chromium: Browser
    keys: dict[str, Any]
    signed_in: dict[str, Any] = field(default_factory=dict)

    @property
    def portal(self) -> Portal:
        """Return the running portal."""
        return self.visitor.portal

    def guest(self, role: str | None = None) -> Guest:
        """Return somebody's fresh browser, signed in where a role of the demo is named."""
        made = Guest(self.visitor, self.chromium, keeps=self.signed_in.get(role or ""))
        if role is not None and role not in self.signed_in:
            made.sign_in(role, keys=self.keys)
            self.signed_in[role] = made.page.context.storage_state()
        return made


def prepare(portal: Portal) -> None:
    """Have what only time and partners bring: a case, and a household of 2023 whose commune was parted since."""
    with create_app(Settings.from_env(portal.env)).app_context():
        world, then = current_world(), datetime(2023, 5, 4, 3, 0, tzinfo=UTC)
        sent = {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "eventTimeZoneOffset": "+07:00"}
        parcel = {**sent, "eventTime": "2026-11-01T09:00:00+07:00", "epcList": [f"https://id.gs1.org/00/{SSCC}"]}
        with begin() as session:
            epcis.record_events(session, now=world.clock.now(), captor=epcis.Captor(name="test"), events=[parcel])
            open_case(session, now=world.clock.now(), kind="channel.event", subject="voso:1", reason="not_json")
            made, _owner = registered(_At(world, then), session, household(PARTED, unit=TAN_HOA, id_number=None))
            with counting(session, made.id, effective_at=then):
                reach_stage(session, organisation=made, stage="created", at=then)


class _At:
    """The world at another time."""

    def __init__(self, world: Any, at: datetime) -> None:
        self.clock, self.field_keys = self, world.field_keys
        self.now = lambda: at


def place_asked(scene: Scene) -> None:
    """Wait for the question where the parted household lies; its owner and the officer open it."""
    with create_app(Settings.from_env(scene.portal.env)).app_context():

        def asked() -> str | None:
            with begin() as session:
                return session.scalar(select(PlaceQuestion.id).where(PlaceQuestion.state == "open").limit(1))

        until(asked, why="no commune was asked about")
    owner = scene.guest()
    owner.get(str(owner.enter_code(PARTED, "/sign-in", {"phone": PARTED}).headers["Location"]))
    owner.follow("/my", "/my/place")
    owner.close()


def newcomers(scene: Scene) -> None:
    """Register; and as one whom a list knows by another phone, wait for an officer's word."""
    guest = scene.guest()
    walked = walk(guest, guest.enter_code(NEW, "/register", {"phone": NEW}))
    assert walked.headers["Location"].endswith("/register/check"), soup(walked).find("main")
    guest.get(guest.send("/register/check"))
    guest.close()
    guest = scene.guest()
    number = {**ANSWERS, "id": {"id_number": "082085000001"}}
    answer = guest.enter_code(LISTED, "/register", {"phone": LISTED})
    while not (where := str(answer.headers["Location"])).endswith("/check"):
        answer = _answered(guest, where, number)
    guest.get(guest.send("/register/check"))
    guest.close()


def _answered(guest: Guest, where: str, answers: dict[str, dict[str, str]]) -> Any:
    data = dict(answers[where.rsplit("/", 1)[-1].partition("?")[0]])
    if "choose" in where:
        data["unit"] = soup(guest.get(where)).find("input", {"name": "unit"})["value"]
    return press(guest, where, data)


def second_factor(scene: Scene) -> None:
    """Come to an authenticator app for the first time."""
    made = scene.portal.flask("people", "create", "--role", "auditor", "--phone", "0938 222 361")
    guest = scene.guest()
    guest.get(guest.send(str(made["link"]).removeprefix(scene.portal.url)))
    guest.get(guest.send("/sign-in/authenticator/new"))
    guest.close()


def officer(scene: Scene) -> None:
    """Send a list, record a certificate, and look at all that waits."""
    guest = scene.guest("province_officer")
    text = io.StringIO()
    csv.writer(text).writerows([HEADINGS, listed(1), listed(2)])
    sent = {"source": "Hội Nông dân", "on": "03/10/2022", "roster": ("ds.csv", "text/csv", text.getvalue().encode())}
    run = guest.send("/officer/rosters/new", sent)
    until(lambda: "/start" in guest.get(run).get_data(as_text=True), why="the list was not checked")
    guest.get(f"{run}/columns")
    guest.send(f"{run}/start", page=run)
    until(lambda: "/stop" not in guest.get(run).get_data(as_text=True), why="the list was not taken in")
    facts = {"kind": "safe_chain", "number": "07/XN", "issuer": "Chi cục ATTP", "valid_from": "2026-11-01"}
    paper = {"paper": ("giay.pdf", "application/pdf", PDF)}
    shop = _reference(scene)
    paper_page = guest.send(
        "/officer/certificates/new", {**facts, **paper, "reference": shop, "valid_to": "2030-12-01"}
    )
    newcomers(scene)
    guest.follow("/officer", paper_page)
    guest.close()
    commune = scene.guest("commune_officer")
    commune.follow("/officer")
    commune.close()


def _reference(scene: Scene) -> str:
    with create_app(Settings.from_env(scene.portal.env)).app_context(), begin() as session:
        return str(session.get_one(Organisation, scene.keys["establishment"]).reference)


def establishment(scene: Scene) -> None:
    """Order stamps, print many, tell of a lot's way, and recall it."""
    guest, product = scene.guest("establishment"), scene.keys["product"]
    guest.follow("/my", "/my/stamps")
    batch = re.findall(r'href="/my/stamps/(\d+)"', guest.get("/my/stamps").get_data(as_text=True))[0]
    labels = {"first": "1", "last": "1200", "sheet": "a4-40"}
    printing = guest.send(f"/my/stamps/{batch}/print", labels)
    check = guest.send(f"/my/stamps/order/{product}", {"count": "50"})
    guest.get(guest.send(check))
    lot = new_lot(guest, product)
    guest.get(lot)
    tell(guest, lot, "pack", TODAY, {"amount": "118,5"})
    tell(guest, lot, "ship", TODAY, {"pick": "-"}, {"pick": "unknown"})
    guest.follow(f"/my/stamps/{batch}/lot", f"/my/stamps/{batch}/void", lot, lot.removeprefix("/my"))
    guest.get(guest.send(f"/my/recalls/lot/{lot.rsplit('/', 1)[-1]}", SAID))
    guest.follow("/my/recalls", printing)
    guest.close()


def team(scene: Scene) -> None:
    """Register a household in its yard and change its phone; the owner takes it back."""
    guest = scene.guest("team_member")
    begun = guest.enter_code(HELPED, "/team/households/new", {"phone": HELPED})
    read = type_all(guest, begun, {**TYPED, "id": {"id_number": "082085000368"}})
    done = guest.send(read, ANSWERS["consents"])
    guest.get(done)
    guest.get(guest.send(f"{done}/phone", {"phone": MOVED}))
    guest.follow("/team", done)
    guest.close()
    owner = scene.guest()
    slip = until(lambda: next((one for one in texts_to(scene.portal, HELPED) if "/slip/" in one), None), why="no slip")
    found = re.search(r"/slip/\S+", slip)
    assert found
    owner.get(found[0])
    owner.get(str(owner.enter_code(HELPED, "/sign-in", {"phone": HELPED}).headers["Location"]))
    owner.follow("/my/helped")
    owner.close()


def everybody(scene: Scene) -> None:
    """Sign in as each of the demo's people: there is one for every role, and each comes to a page."""
    named = {one["role"] for one in scene.keys["sign_ins"]}
    assert ROLES.keys() - {"seller_staff"} <= named, "a role has no sign-in"
    for role in sorted(named):
        scene.guest(role).close()


def household_of_the_demo(scene: Scene) -> None:
    """Open everything that a shop's owner finds."""
    guest = scene.guest("household")
    guest.follow("/my", "/my/roles", "/my/keys")
    guest.close()


def payments(scene: Scene) -> None:
    """Ask for money at the till, pay it, and find the receipt; and open a payment link."""
    cashier, payer = scene.guest("cashier"), scene.guest()
    ask = {"amount": "450.000", "item": "Học phí tháng 11", "payer": "lớp 1A N.V.A."}
    till = cashier.send("/till", ask)
    link = re.findall(r"/pay/requests/pr_\w+", cashier.get(till).get_data(as_text=True))[0]
    payer.get(f"{link}/vietqr")
    payer.get(link)
    payer.page.get_by_role("button", name="VNPay").click()
    payer.page.wait_for_url(re.compile(r":\d+/vnpay/pay"))
    payer.page.get_by_role("button", name=re.compile("^(Thanh toán|Trả|Pay)")).first.click()
    payer.page.wait_for_url(re.compile("/pay/"))
    receipt = until(
        lambda: re.search(r"/receipts/(?!check)[\w-]+", cashier.get(till).get_data(as_text=True)),
        why="the money did not come",
    )
    payer.follow(link, receipt[0])
    cashier.get(cashier.send(f"{till}/refund", {"amount": "10.000", "why": "Em nghỉ một ngày"}))
    sdk = stripe.StripeClient(scene.keys["stripe_secret_key"], base_addresses={"api": scene.portal.url})
    price = {"currency": "vnd", "unit_amount": 120_000, "product_data": {"name": "Đồng phục thể dục"}}
    made = sdk.v1.payment_links.create({"line_items": [{"price": sdk.v1.prices.create(price).id, "quantity": 1}]})
    payer.follow(f"/pay/links/pl_{made.id.partition('_')[2]}")
    cashier.follow("/till")
    cashier.close()
    payer.close()


def odd_money(scene: Scene) -> None:
    """Send the school money that says for nothing; the accountant looks at it."""
    paid = {"account": INSTITUTIONS[0].account, "amount": "70000", "memo": "hoc phi"}
    requests.post(f"{scene.portal.sandbox_url}/bank/pay", data=paid, timeout=60).raise_for_status()
    guest = scene.guest("institution")

    def told() -> re.Match[str] | None:
        return re.search(r"/exceptions/\w+", guest.get("/exceptions").get_data(as_text=True))

    guest.follow(until(told, why="the money did not come")[0], "/accounts", "/accounts/corrections")
    guest.close()


def closing(scene: Scene) -> None:
    """Close the day of a desk, and look at the paper to sign."""
    guest = scene.guest("cashier")
    guest.get(guest.send("/till/day"))
    guest.follow("/till/day", "/till/days")
    guest.close()


def market(scene: Scene) -> None:
    """Look at the stalls as the market's manager, and at a stall's board as who stands before it."""
    guest = scene.guest("market_manager")
    guest.follow("/stalls")
    stall = re.findall(r'href="/stalls/(\w+)"', guest.get("/stalls").get_data(as_text=True))
    guest.get("/b/" + next(one for one in stall if one != "board"))
    guest.close()


def school(scene: Scene, folder: Path) -> None:
    """Send a class list, import it, and look at the classes."""
    guest, kind = scene.guest("cashier"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    rows = [AN, {**BE, "due_date": "30/11/2030"}, {**AN, "pupil_code": "HS03", "due_date": "30/11/2030"}]
    body = write_list(folder / "lop1.xlsx", rows).read_bytes()
    listing = guest.send("/classes/lists/new", {"period": "", "roster": ("lop1.xlsx", kind, body)})
    guest.get(listing)
    guest.send(f"{listing}/import", page=listing)
    guest.follow("/classes", listing, "/refunds")
    guest.close()


def strangers(scene: Scene) -> None:
    """Open what is there for everybody."""
    guest = scene.guest()
    guest.get(guest.send("/sign-in", {"phone": "0938 333 361"}))
    guest.get("/s/ABC", wrong=True)
    guest.get(f"/00/{SSCC}")
    guest.follow("/", "/s/", "/register", "/docs", "/docs/components", "/dashboard/tv", "/safe-chain")
    guest.close()
