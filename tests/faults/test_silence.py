"""A partner that says nothing: what only it can know never appears, whatever anybody else claims."""

import time
from typing import Any

import requests

from payments.models import Receipt, Request, Transaction
from portal.catalogue import actions as catalogue
from portal.catalogue.models import Product
from portal.db import begin
from portal.marketplaces.models import ChannelEvent, ListingLive
from tests.faults.town import PHONES, WAIT_S, Town
from tests.portal.pay.making import vnpay_query
from tests.supervisor import until

ENGLISH = {"lang": "en"}
LONG_ENOUGH_S = 2.0
"""Six rounds of an idle worker."""


def page(town: Town, path: str) -> requests.Response:
    return requests.get(town.portal.url + path, cookies=ENGLISH, timeout=WAIT_S)


def test_a_shop_that_calls_nobody_back_has_nothing_live(town: Town) -> None:
    owner = town.household(PHONES[1])
    product = town.product(owner, "Dừa xiêm")
    active, listed, shown = town.figure("SELLER_ACTIVE"), town.figure("LISTING"), town.stats()["live"]
    town.mood("callback_missing")
    listing = town.publish(owner, product)
    until(lambda: town.stats()["live"] == shown + 1, why="the shop did not show it")
    time.sleep(LONG_ENOUGH_S)
    row = town.listing(listing)
    assert (row.state, row.live_version) == ("accepted", None)
    assert town.count(ListingLive, ListingLive.listing_id == listing) == 0
    assert (town.figure("SELLER_ACTIVE"), town.figure("LISTING")) == (active, listed)
    town.sound()
    rename(town, owner, product)  # then it speaks, about something else: now it is live, and counted once
    town.settles(lambda: town.live(listing), why="the shop's word did not arrive")
    assert (town.figure("SELLER_ACTIVE"), town.figure("LISTING")) == (active + 1, listed + 1)
    town.sound()


def rename(town: Town, owner: Any, product_id: str) -> None:
    with town.app.app_context(), begin() as session:
        product = session.get_one(Product, product_id)
        catalogue.redescribe_product(
            session, now=town.world.clock.now(), acting=owner, product=product, name="Dừa xiêm xanh",
            category_code=product.category_code, description="Vườn nhà.",
        )  # fmt: skip


def test_a_forged_callback_is_no_answer(town: Town) -> None:
    shown, known = town.stats(), town.count(ChannelEvent)
    town.mood("callback_forged")
    listing = town.publish(town.seller, town.product(town.seller, "Mật ong tràm"))
    until(lambda: town.stats()["callbacks_failed"] > shown["callbacks_failed"], why="no forged callback")
    time.sleep(LONG_ENOUGH_S)
    assert not town.live(listing)
    assert town.count(ChannelEvent) == known


def test_b16_a_browser_that_comes_back_with_success_pays_nothing(town: Town) -> None:
    request = town.ask("b16")
    order = town.order(request)
    signed = vnpay_query(town.world, order, vnp_TransactionNo="15999999")
    claims = [
        signed,  # VNPay's own words, but brought by the browser
        f"vnp_TxnRef={order['vnp_TxnRef']}&vnp_ResponseCode=00&vnp_TransactionStatus=00&vnp_Amount=45000000",
        signed[:-1] + ("0" if signed[-1] != "0" else "1"),
    ]
    for claim in claims:
        answer = page(town, f"/pay/return/vnpay?{claim}")
        assert answer.status_code == 200
        assert "received" not in answer.text.casefold()
    time.sleep(LONG_ENOUGH_S)
    waiting(town, request)
    answer = requests.get(f"{town.portal.url}/hooks/vnpay?{signed}", timeout=WAIT_S)  # the same words by their own way
    assert answer.json()["RspCode"] == "00"
    assert "₫450,000 received" in page(town, f"/pay/requests/{request.id}").text


def waiting(town: Town, request: Any) -> None:
    """Hold that a request waits, in the books and on the page."""
    with town.rows() as session:
        row = session.get_one(Request, request.seq)
        assert (row.status, row.allocated_minor, row.paid_at) == ("open", 0, None)
    assert town.count(Receipt, Receipt.request_id == request.id) == 0
    assert town.count(Transaction, Transaction.provider_txn_id == "15999999") == 0
    shown = page(town, f"/pay/requests/{request.id}").text
    assert "Waiting for the bank" in shown
    assert "₫450,000 received" not in shown
