"""One set of figures, six ways out: whatever is hidden in one has no value in any; tokens; a client that copies all."""

import csv
import io
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest

from portal.acting import Acting
from portal.adoption.client import Copy
from portal.adoption.oauth import make_client, revoke_client
from portal.db import begin
from tests.portal.adoption.conftest import LONG_AN, MAY_1, Province

CLI = Acting.system("cli")
QUERY = "indicator=HH_ACCOUNT,SAFE_CHAIN_EST,PAY_N&cut=*&period=2022-04,2022-Q2&page_size=5000"


@pytest.fixture
def closed(on_thirty_of_a_closed_april: None, province: Province, clock: Any) -> Province:
    """April is closed: 3, 9 and 18 households in three communes, of which the first two hide."""
    clock.at = MAY_1 + timedelta(seconds=1)
    return province


def told(client: Any, kind: str, level: str) -> dict[tuple[str, str, str, str], tuple[str, str, str]]:
    """Return each cell's value, status and confidentiality by one format."""
    text = client.get(f"/api/v1/observations?{QUERY}&level={level}&format={kind}").get_data(as_text=True)
    rows = json.loads(text)["observations"] if kind == "json" else list(csv.DictReader(io.StringIO(text, newline="")))
    if kind == "sdmx-csv":
        names = ("INDICATOR", "CUT", "REF_AREA", "TIME_PERIOD", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS")
    else:
        names = ("indicator", "cut", "area", "period", "value", "obs_status", "conf_status")
    cells = [["" if row[name] is None else str(row[name]) for name in names] for row in rows]
    return {(a, b, c, d): (e, f, g) for a, b, c, d, e, f, g in cells}


@pytest.mark.parametrize("level", ["province", "commune"])
def test_every_format_tells_and_hides_the_same(client: Any, closed: Province, level: str) -> None:
    by_json, by_csv, by_sdmx = (told(client, kind, level) for kind in ("json", "csv", "sdmx-csv"))
    assert by_json == by_csv == by_sdmx
    if level == "commune":
        first, second, third = closed.communes[:3]
        own = {area: by_json["HH_ACCOUNT", "_T", area, "2022-04"] for area in (first, second, third)}
        assert own == {first: ("", "Q", "C"), second: ("", "Q", "C"), third: ("18", "A", "F")}
        assert {value for (code, cut, _a, _p), value in by_json.items() if code == "HH_ACCOUNT" and cut != "_T"} == {
            ("", "Q", "C")
        }
    ours = {f"urn:ngsi-ld:KeyPerformanceIndicator:{':'.join(key)}": value for key, value in by_json.items()}
    for entity, (value, status, conf) in list(ours.items())[:: 1 if level == "province" else 40]:
        body = client.get(f"/ngsi-ld/v1/entities/{entity}").get_json()
        assert (str(body.get("kpiValue", {}).get("value", "")), body["obsStatus"]["value"]) == (value, status)
        assert body["confStatus"]["value"] == conf


def test_nothing_can_be_taken_away_from_what_is_told(client: Any, closed: Province, clock: Any) -> None:
    clock.at = MAY_1 + timedelta(days=95)
    closed.publish(clock.now())
    closed.session.commit()
    by_json = told(client, "json", "commune")
    total = told(client, "json", "province")["HH_ACCOUNT", "_T", LONG_AN, "2022-04"][0]
    for period in ("2022-04", "2022-Q2"):
        line = [
            value
            for (code, cut, _area, at), value in by_json.items()
            if (code, cut, at) == ("HH_ACCOUNT", "_T", period)
        ]
        assert len([one for one in line if one[1] == "Q"]) == 2
        assert int(total) - sum(int(one[0] or 0) for one in line) == 12
    page = client.get(f"/dashboard?period=2022-04&area={closed.communes[0]}").get_data(as_text=True)
    assert ">3<" not in page


def test_sdmx_says_what_it_is(client: Any, closed: Province) -> None:
    media = "application/vnd.sdmx.data+csv;version=2.0.0"
    answer = client.get("/api/v1/observations?indicator=HH_ACCOUNT&period=2022-04", headers={"Accept": media})
    assert answer.content_type.startswith("application/vnd.sdmx.data+csv;version=2.0.0")
    [row] = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))
    assert {name: row[name] for name in list(row)[:-1]} == {
        "STRUCTURE": "dataflow", "STRUCTURE_ID": "CHOSO:ADOPTION(1.0.0)", "ACTION": "R", "FREQ": "M",
        "REF_AREA": LONG_AN, "INDICATOR": "HH_ACCOUNT", "CUT": "_T", "TIME_PERIOD": "2022-04", "OBS_VALUE": "30",
        "OBS_STATUS": "A", "CONF_STATUS": "F", "REVISION": "2",
    }  # fmt: skip


def test_entities_are_paged_counted_and_only_read(client: Any, closed: Province) -> None:
    base = "/ngsi-ld/v1/entities?type=KeyPerformanceIndicator"
    answer = client.get(f"{base}&indicator=HH_ACCOUNT&count=true&limit=2")
    found = answer.get_json()
    cuts = len(closed.catalogue.cuts_of(closed.catalogue.get("HH_ACCOUNT")))
    assert (len(found), answer.headers["NGSILD-Results-Count"]) == (2, str(2 * cuts))
    assert found[0]["kpiValue"]["observedAt"] == "2022-04-30T16:59:59Z"
    assert found[0]["calculationPeriod"]["value"] == {"from": "2022-04-01", "to": "2022-04-30"}
    assert client.get(f"{base}&limit=0&count=true").get_json() == []
    short = client.get(f"{base}&indicator=HH_ACCOUNT&limit=1&options=keyValues").get_json()[0]
    assert (short["kpiValue"], short["category"]) == (30, ["quantitative"])
    assert "@context" in client.get(base, headers={"Accept": "application/ld+json"}).get_json()[0]
    assert client.get("/ngsi-ld/v1/entities?type=Other").get_json() == []
    assert client.get(f"{base}&limit=1001").status_code == 400
    assert client.get(f"{base}&q=kpiValue>1").status_code == 400
    assert client.get("/ngsi-ld/v1/entities/urn:ngsi-ld:KeyPerformanceIndicator:NO:_T:80:2022-04").status_code == 404
    for path in ("entities", "subscriptions"):
        refused = client.post(f"/ngsi-ld/v1/{path}", json={})
        assert (refused.status_code, refused.get_json()["title"]) == (422, "OperationNotSupported")


@pytest.fixture
def secret(province: Province, clock: Any) -> str:
    province.session.commit()
    with begin() as session:
        return make_client(
            session, now=clock.now(), acting=CLI, client_id="warehouse", name="Warehouse", scopes=("observations:read",)
        )


def token(client: Any, secret: str, **more: str) -> Any:
    form = {"grant_type": "client_credentials", "client_id": "warehouse", "client_secret": secret, **more}
    return client.post("/oauth/token", data=form)


def test_a_client_gets_a_token_for_an_hour(client: Any, secret: str, clock: Any) -> None:
    answer = token(client, secret)
    body = answer.get_json()
    assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "Bearer", 3600)
    assert (body["scope"], answer.headers["Cache-Control"]) == ("observations:read", "no-store")
    header = {"Authorization": f"Bearer {body['access_token']}"}
    assert client.get("/api/v1/observations?period=2026-11", headers=header).status_code == 200
    basic = {"Authorization": "Basic " + b64encode(f"warehouse:{secret}".encode()).decode()}
    assert client.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=basic).status_code == 200
    clock.move(seconds=3601)
    expired = client.get("/api/v1/observations?period=2026-11", headers=header)
    assert (expired.status_code, expired.get_json()["code"]) == (401, "token_invalid")


@pytest.mark.parametrize(
    ("more", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"scope": "observations:full"}, 400, "invalid_scope"),
        ({"scope": "observations:read no:such"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_for_a_token(client: Any, secret: str, more: dict[str, str], status: int, error: str) -> None:
    answer = token(client, secret, **more)
    assert (answer.status_code, answer.get_json()) == (status, {"error": error})


def test_a_revoked_client_is_out_at_the_next_call(client: Any, secret: str, clock: Any) -> None:
    header = {"Authorization": f"Bearer {token(client, secret).get_json()['access_token']}"}
    with begin() as session:
        revoke_client(session, now=clock.now(), acting=CLI, client_id="warehouse")
    assert client.get("/api/v1/observations?period=2026-11", headers=header).status_code == 401
    assert token(client, secret).status_code == 401


def test_a_token_for_something_else_is_refused(client: Any, app: Any, clock: Any) -> None:
    with begin() as session:
        secret = make_client(session, now=clock.now(), acting=CLI, client_id="warehouse", name="W", scopes=())
    header = {"Authorization": f"Bearer {token(client, secret).get_json()['access_token']}"}
    answer = client.get("/api/v1/observations?period=2026-11", headers=header)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "scope_missing")


def test_a_client_that_copies_all_ends_with_the_same_figures(client: Any, closed: Province, clock: Any) -> None:
    copy = Copy(lambda address: client.get(address).get_json())
    query = "indicator=HH_ACCOUNT,SAFE_CHAIN_EST&cut=*&period=2022-04..2022-05&page_size=7"
    assert copy.pull(query) > 7
    assert copy.pull(query) == 0
    closed.account(closed.seller(2))
    clock.move(hours=1)
    closed.publish(clock.now())
    closed.session.commit()
    assert copy.pull(query) == 2
    whole = client.get(f"/api/v1/observations?{query.replace('page_size=7', 'page_size=5000')}").get_json()
    assert copy.figures() == {
        (row["indicator"], row["cut"], row["area"], row["period"]): row["value"] for row in whole["observations"]
    }
    assert copy.figures()["HH_ACCOUNT", "_T", LONG_AN, "2022-04"] == 31
