"""Errands that lead to the pages which no link leads to: each is done by its guests, the way people do it."""

import csv
import io
import re
from typing import Any

from sqlalchemy import select

from portal import create_app
from portal.config import Settings
from portal.db import begin
from portal.onboarding.models import Organisation, PlaceQuestion
from portal.people.roles import ROLES
from tests.browser.scene import PARTED, SSCC, Scene
from tests.browser.visiting import Guest, texts_to
from tests.portal.epcis.walking import new_lot, press, tell
from tests.portal.onboarding.walking import ANSWERS, soup, walk
from tests.portal.rosters.conftest import HEADINGS
from tests.portal.rosters.conftest import household as listed
from tests.portal.teams.helping import TYPED, type_all
from tests.supervisor import until
from traceability.models import TraceBatch

SAID = {"instruction": "Trả lại nơi bán", "contact": "0900 000 000", "found_at": "2026-11-01T08:00"}
PDF, TODAY = b"%PDF-1.7\nx", {"pick": "today"}
NEW, LISTED, HELPED, MOVED = "0938 111 361", "0938 111 362", "0936 333 128", "0937 333 128"


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


def _serial(scene: Scene) -> str:
    with create_app(Settings.from_env(scene.portal.env)).app_context(), begin() as session:
        batch = session.scalars(select(TraceBatch).order_by(TraceBatch.batch)).first()
    assert batch is not None, "no stamps were issued"
    codes = scene.portal.flask("stamps", "codes", str(batch.batch), "--from", "0", "--to", "0")
    return str(codes["codes"][0]).rsplit("/", 1)[-1]


def strangers(scene: Scene) -> None:
    """Open what is there for everybody, and scan a stamp."""
    guest = scene.guest()
    guest.get(guest.send("/sign-in", {"phone": "0938 333 361"}))
    guest.get("/s/ABC", wrong=True)
    guest.get("/s/" + "0" * 26, wrong=True)
    guest.follow("/s/" + _serial(scene))
    guest.get(f"/00/{SSCC}")
    guest.follow("/", "/s/", "/register", "/docs", "/docs/components", "/dashboard/tv", "/safe-chain")
    guest.close()
