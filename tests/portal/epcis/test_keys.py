"""A shop makes keys for its own software: shown once, of its scopes, ended at once; nobody reaches another's."""

import json
from typing import Any

from sqlalchemy import select

from portal.people.keys import live_keys
from portal.people.models import ApiKey
from tests.portal.epcis.making import Machine
from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import GTIN, Stamps
from tests.traceability.epcis.making import document, harvest

BOTH = ["epcis:capture", "epcis:read"]
GOODS = harvest(quantityList=[{"epcClass": "urn:x:own:1"}])


def made(client: Any, name: str = "phần mềm kho", may: list[str] | None = None) -> tuple[Any, str]:
    page = soup(client.get("/my/keys"))
    form = page.find("form", action="/my/keys")
    hidden = {tag["name"]: tag["value"] for tag in form.find_all("input", {"type": "hidden"})}
    answer = client.post("/my/keys", data={**hidden, "name": name, "may": BOTH if may is None else may})
    code = soup(answer).find("code")
    return answer, code.get_text() if code else ""


def test_a_key_is_shown_once_and_tells_for_its_shop(seller: Any, session: Any, client: Any, shop: Any) -> None:
    answer, key = made(seller)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert key.startswith("ck_")
    assert key not in seller.get("/my/keys").get_data(as_text=True)
    row = session.scalars(select(ApiKey).where(ApiKey.organisation_id == shop.organisation_id)).one()
    assert (row.scopes, row.revoked_at) == (BOTH, None)
    assert key not in (row.key_hash, row.name)
    machine = Machine(client, key)
    machine.tell(GOODS)
    assert len(machine.ask()) == 1


def test_a_key_does_only_what_it_may_and_ends_at_once(
    seller: Any, session: Any, client: Any, shop: Any, world: Any
) -> None:
    _answer, key = made(seller, may=["epcis:capture"])
    machine = Machine(client, key)
    machine.tell(GOODS)
    assert client.get("/epcis/events", headers=machine.headers).status_code == 403
    end = next(
        form["action"] for form in soup(seller.get("/my/keys")).find_all("form") if form["action"].endswith("/end")
    )
    token = {"csrf_token": seller.token("/my/keys")}
    for _time in range(2):
        assert seller.post(end, data=token).status_code == 302
    assert machine.post(document(GOODS)).status_code == 401
    assert live_keys(session, now=world.clock.now(), organisation_id=shop.organisation_id) == []


def test_what_is_wrong_is_named(seller: Any) -> None:
    assert made(seller)[0].status_code == 200
    for name, may, says in [
        ("phần mềm kho", BOTH, "đã có khóa tên này"),
        ("", BOTH, "Đặt tên"),
        ("hai", [], "Chọn việc"),
    ]:
        answer, _key = made(seller, name, may)
        assert answer.status_code == 400
        assert says in soup(answer).find(class_="error-summary").get_text()
    odd, _key = made(seller, "ba", ["log:cosign"])
    assert odd.status_code == 400
    for number in range(9):
        made(seller, f"khóa {number}")
    assert "10 khóa" in soup(made(seller, "một nữa")[0]).find(class_="error-summary").get_text()


def test_anothers_key_is_missing(seller: Any, machine: Machine, stranger: Machine, session: Any) -> None:
    foreign = session.scalars(select(ApiKey.key_hash).where(ApiKey.organisation_id == "or_" + "0" * 26)).one()
    assert seller.post(f"/my/keys/{foreign}/end", data={"csrf_token": seller.token("/my/keys")}).status_code == 404
    assert stranger.post(document(GOODS)).status_code == 202


def test_a_partner_s_key_is_made_by_command_and_the_seller_takes_the_goods_out_of_it(
    app: Any, client: Any, seller: Any, stamps: Stamps
) -> None:
    stamps.issue(10, gtin=GTIN)
    own, run = str(stamps.acting.organisation_id), app.test_cli_runner().invoke
    assert run(args=["epcis", "key-make", "--name", "lab", "--seller", "or_nobody"]).exit_code == 1
    made_key = json.loads(run(args=["epcis", "key-make", "--name", "phòng thử", "--seller", own, "--json"]).output)
    lab = Machine(client, made_key["key"])
    lab.tell(harvest())
    page = seller.get("/my/keys").get_data(as_text=True)
    assert "phòng thử" in page
    assert made_key["key"] not in page
    (listed,) = json.loads(run(args=["epcis", "key-list", "--json"]).output)["keys"]
    assert (listed["name"], listed["sellers"]) == ("phòng thử", [own])
    forbid, token = f"/my/keys/{listed['key']}/forbid", {"csrf_token": seller.token("/my/keys")}
    assert seller.post(forbid, data=token).status_code == 302
    assert lab.post(document(harvest(eventTime="2026-11-13T06:30:00+07:00"))).get_json()["code"] == "goods_not_yours"
    assert "phòng thử" not in seller.get("/my/keys").get_data(as_text=True)
    assert seller.post(forbid, data=token).status_code == 404
    lab.tell(GOODS)
    assert run(args=["epcis", "key-end", listed["key"]]).exit_code == 0
    assert lab.post(document(GOODS)).status_code == 401
