"""Every page of the table of routes that a person can open is opened, at a phone's width and at a desk's; and weighed.

Links lead to most of them, errands to the rest. A new page to which neither leads turns this red: add an errand.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from portal import create_app
from portal.routes import GUARDS
from tests.browser import errands, money_errands
from tests.browser.emptied import send_empty
from tests.browser.scene import Scene, prepare
from tests.browser.visiting import Visitor
from tests.browser.weighing import weigh
from tests.engines import Engines
from tests.supervisor import Portal

MACHINES = (  # files, answers for programs, and doors that only lead on
    *("static", "bootstrap.static", "openapi.spec", "adoption_api.", "ngsi.", "epcis.", "v1.", "log.", "pay_hooks."),
    *("site.healthz", "site.readyz", "site.metrics", "site.language", "site.sandbox", "places.search", "lots.asked"),
    *(
        "catalogue.photo",
        "teams.slip_paper",
        "pay.receipt_paper",
        "pay.vietqr_drawing",
        "pay.vietqr_picture",
        "scan.proof",
        "scan.resolver",
        "scan.pin_page",
        "stamps.print_file",
    ),
    *(
        "cashier.live_till",
        "pay.live_request",
        "pay.returned",
        "pay.back_to_shop",
        "registers.paper",
        "registers.safe_chain_file",
    ),
    *(
        "scan.place_number",
        "stalls.boards",
        "stalls.live_board",
        "schools.letters",
        "schools.list_sample",
        "schools.list_refused",
        "cashier.slip",
        "accounts.report",
        "receipts.copy",
        "pay.receipt_sheet",
        "cashier.paid_by_code",
        "systems.overview",  # where there is one payee
        "accounts.suspense_paper",
        "stamps.lot_new",
    ),
)
ERRANDS = (
    *(errands.strangers, errands.officer, errands.establishment, errands.team, errands.household_of_the_demo),
    *(
        errands.second_factor,
        errands.place_asked,
        money_errands.payments,
        money_errands.wallet,
        money_errands.odd_money,
    ),
    *(money_errands.closing, money_errands.market, money_errands.software),
    errands.everybody,
)
KB = 1024
# KB at the first visit, at the next one, and of scripts; what weighs so.
BUDGETS = (
    (30, 30, 0, ("scan.stamp", "scan.no_code", "scan.lot")),
    (30, 30, 5, ("pay.request_page", "pay.vietqr", "pay.link_page")),
    (100, 30, 10, ("onboarding.my", "onboarding.register", "catalogue.own_product", "lots.lot", "teams.team")),
    (100, 30, 10, ("catalogue.market", "catalogue.product", "pay.receipt", "stamps.batch_page", "recalls.recall")),
    (150, 30, 15, ("cashier.till", "cashier.asked")),
    (250, 100, 40, ("desk.officer", "onboarding.officer_sellers", "adoption.officer_figures", "watch.watch")),
    (150, 150, 0, ("adoption.dashboard", "adoption.indicator", "adoption.television")),
)
# Pages that a phone with one bar opens: how many requests each may make. What waits for the bank loads its scripts as
# files, which the next visit has (decision 0031).
MOST_REQUESTS = {"scan.": 1, "pay.link_page": 1, "pay.request_page": 2, "pay.vietqr": 4}
UNPACKED_KB = 150
TAKEN_EMPTY = {"teams.officer_team"}  # a commune that nobody chose is said above the page


@pytest.fixture(scope="module")
def portal(engines: Engines) -> Iterator[Portal]:
    """A running portal with the small demo base; pages look alike over both engines."""
    with Portal(engines.fresh("sqlite"), names=("web", "sandboxes")) as running:
        running.flask("demo", "load", "long-an", "--scale", "0.01")
        prepare(running)
        running.start("worker")
        yield running


@pytest.fixture(scope="module")
def scene(portal: Portal, engines: Engines, chromium: Browser) -> Scene:
    """The running portal, and its people."""
    urls = create_app(engines.settings(engines.fresh("sqlite"))).url_map.bind("127.0.0.1")
    return Scene(Visitor(portal, urls, MACHINES), chromium, portal.flask("demo", "keys"))


@pytest.fixture(scope="module")
def visitor(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """A visitor who has come along on every errand."""
    folder = tmp_path_factory.mktemp("lists")
    for errand in ERRANDS:
        errand(scene)
    money_errands.school(scene, folder)
    money_errands.settlement(scene, folder)
    return scene.visitor


@pytest.mark.timeout(1800)
def test_every_page_that_a_person_can_open(visitor: Visitor) -> None:
    pages = {name for name, methods in GUARDS.items() if "GET" in methods and not name.startswith(MACHINES)}
    assert pages - set(visitor.seen) == set(), "no link and no errand leads to these pages"
    assert not visitor.faults, "\n".join(map(str, visitor.faults))


@pytest.mark.timeout(1800)
def test_no_page_weighs_more_than_its_budget(visitor: Visitor, chromium: Browser) -> None:
    over = []
    for first_kb, later_kb, script_kb, names in BUDGETS:
        for name in names:
            address, keeps = visitor.found[name]
            first, later, unpacked = weigh(chromium, address, keeps=keeps)
            weight = (first.bytes_of(), later.bytes_of(), first.bytes_of("Script"), first.bytes_of(apart=True))
            if any(size > most * KB for size, most in zip(weight[:3], (first_kb, later_kb, script_kb), strict=True)):
                over.append((name, weight))
            most = next((count for page, count in MOST_REQUESTS.items() if name.startswith(page)), None)
            if most is not None and first.requests > most:
                over.append((name, first.kinds))
            if name == "adoption.dashboard" and unpacked > UNPACKED_KB * KB:
                over.append((name, unpacked))
    assert over == []


@pytest.mark.timeout(1800)
def test_a_form_sent_empty_says_what_is_missing(visitor: Visitor, chromium: Browser) -> None:
    owed, taken = [], set()
    for name, (address, keeps) in visitor.found.items():
        for where, status, missing in send_empty(chromium, address, keeps=keeps):
            if status not in (400, 422):
                taken.add((name, status))
            if missing:
                owed.append((name, where, missing))
    assert owed == []
    assert {name for name, _status in taken} == TAKEN_EMPTY, sorted(taken)
