"""Targets: two officers, one source, shown beside the figure; nothing that is hidden is told by a share."""

import csv
import io
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from portal.acting import Acting
from portal.adoption.errors import IllegalTransition, TargetRefused
from portal.adoption.target_models import AdoptTarget
from portal.adoption.targets import approve_target, draft_target, drop_target, targets_for
from portal.counting.periods import parse_period
from portal.db import begin, db
from tests.portal.adoption.conftest import LONG_AN, NOW, Province
from tests.portal.adoption.signing import sign_in

ONE, OTHER = (Acting(login_id=f"lo_{name}", role="province_officer") for name in ("one", "other"))
PLAN = "Kế hoạch 123/KH-UBND"


@pytest.fixture
def filled(on_forty_in_april: None, province: Province) -> Province:
    """Forty households with an account in April 2022."""
    return province


def draft(filled: Province, value: int = 160, *, code: str = "HH_ACCOUNT", period: str = "2022") -> str:
    with begin() as session:
        return draft_target(
            session, now=NOW, acting=ONE, indicator=filled.catalogue.get(code), area_id=LONG_AN,
            period=parse_period(period), value=value, source=PLAN,
        ).id  # fmt: skip


def approve(target_id: str, acting: Acting = OTHER) -> None:
    with begin() as session:
        approve_target(session, now=NOW, acting=acting, target_id=target_id)


def states() -> list[tuple[int, str]]:
    db.session.expire_all()
    return [(row.value, row.state) for row in db.session.scalars(select(AdoptTarget).order_by(AdoptTarget.value))]


def tile(client: Any, label: str = "Households with an account", period: str = "2022-04") -> str:
    client.set_cookie("lang", "en")
    page = BeautifulSoup(client.get(f"/dashboard?period={period}").get_data(as_text=True), "html5lib")
    found = page.find("a", string=label).find_parent(class_="tile")
    return " ".join(found.get_text(" ").split())


def test_nobody_approves_what_they_wrote(filled: Province) -> None:
    target = draft(filled)
    with pytest.raises(TargetRefused) as caught:
        approve(target, ONE)
    assert caught.value.code == "target.second_person"
    assert states() == [(160, "draft")]


def test_a_target_stands_on_the_tile_once_it_is_approved(client: Any, filled: Province) -> None:
    target = draft(filled)
    assert "target" not in tile(client)
    approve(target)
    assert "25 % of the target of 160 for 2022" in tile(client)
    assert "target" not in tile(client, period="2023-02")
    page = client.get("/dashboard/indicators/HH_ACCOUNT?period=2022-04").get_data(as_text=True)
    assert PLAN in page


def test_another_figure_replaces_the_one_before_and_the_shortest_period_counts(client: Any, filled: Province) -> None:
    for value, period in ((160, "2022"), (80, "2022"), (50, "2022-S1")):
        approve(draft(filled, value, period=period))
    assert states() == [(50, "approved"), (80, "approved"), (160, "replaced")]
    assert targets_for(db.session, LONG_AN, "2022-04")["HH_ACCOUNT"].value == 50
    assert targets_for(db.session, LONG_AN, "2022-08")["HH_ACCOUNT"].value == 80
    assert "80 % of the target of 50 for half 1 of 2022" in tile(client)


def test_what_is_over_cannot_be_brought_back(filled: Province) -> None:
    target = draft(filled)
    with begin() as session:
        drop_target(session, now=NOW, acting=ONE, target_id=target)
    with pytest.raises(IllegalTransition):
        approve(target)
    counts = draft(filled)
    approve(counts)
    for again in (lambda: approve(counts), lambda: approve("tg_nothing")):
        with pytest.raises((IllegalTransition, TargetRefused)):
            again()


@pytest.mark.parametrize(
    ("value", "code", "source", "error"),
    [
        (0, "HH_ACCOUNT", PLAN, "target.value"), (-1, "HH_ACCOUNT", PLAN, "target.value"),
        (2**53, "HH_ACCOUNT", PLAN, "target.value"), (50, "ELIGIBLE_RATE", PLAN, "target.indicator"),
        (50, "HH_ACCOUNT", "", "target.source"), (50, "HH_ACCOUNT", "x" * 201, "target.source"),
    ],
)  # fmt: skip
def test_what_is_no_target(filled: Province, value: int, code: str, source: str, error: str) -> None:
    with pytest.raises(TargetRefused) as caught, begin() as session:
        draft_target(
            session, now=NOW, acting=ONE, indicator=filled.catalogue.get(code), area_id=LONG_AN,
            period=parse_period("2022"), value=value, source=source,
        )  # fmt: skip
    assert caught.value.code == error
    assert states() == []


def test_of_a_hidden_figure_no_share_is_told(client: Any, province: Province) -> None:
    for number in range(3):
        province.account(province.seller(number))
    province.publish()
    province.session.commit()
    approve(draft(province, 100))
    client.set_cookie("lang", "en")
    assert "% of the target" not in client.get("/dashboard?period=2022-04").get_data(as_text=True)


def test_machines_read_them_and_no_text_is_a_formula(client: Any, filled: Province) -> None:
    approve(draft(filled))
    with begin() as session:
        session.scalars(select(AdoptTarget)).one().source = "=HYPERLINK(1)"
    draft(filled, 7)
    [row] = client.get("/api/v1/targets").get_json()["targets"]
    assert (row["indicator"], row["area"], row["period"], row["target"]) == ("HH_ACCOUNT", LONG_AN, "2022", 160)
    text = client.get("/api/v1/targets?format=csv").get_data(as_text=True)
    [line] = csv.DictReader(io.StringIO(text, newline=""))
    assert (line["target"], line["unit"], line["source"]) == ("160", "household", "'=HYPERLINK(1)")


def test_the_officers_page_takes_one_and_keeps_what_was_typed(client: Any, app: Any, filled: Province) -> None:
    sign_in(app, client, role="province_officer", unit_id=LONG_AN)
    client.set_cookie("lang", "en")

    def send(**more: str) -> Any:
        page = BeautifulSoup(client.get("/officer/targets").get_data(as_text=True), "html5lib")
        token = page.find("form", action=False).find("input", {"name": "csrf_token"})["value"]
        form = {"csrf_token": token, "indicator": "HH_ACCOUNT", "period": "2026", "value": "1.500", "source": PLAN}
        return client.post("/officer/targets", data={**form, **more})

    for more, words in (
        ({"value": "many"}, "whole number above 0"), ({"value": "-5"}, "whole number above 0"),
        ({"period": "10/2026"}, "Write a year or a part of it"), ({"source": ""}, "where the target is written"),
        ({"indicator": "ELIGIBLE_RATE"}, "Not a valid choice"),
    ):  # fmt: skip
        answer = send(**more)
        assert answer.status_code == 400, more
        assert words in answer.get_data(as_text=True), more
        assert PLAN in answer.get_data(as_text=True) or more == {"source": ""}
    assert states() == []
    assert send().status_code == 302
    assert states() == [(1500, "draft")]
    text = client.get("/officer/targets").get_data(as_text=True)
    assert "You wrote it down. Another officer approves it." in text
    assert "/approve" not in text


def test_a_draft_waits_on_the_desk_of_everybody_but_who_wrote_it(app: Any, filled: Province) -> None:
    draft(filled)
    queue = next(one for one in app.extensions["queues"] if one.code == "targets")
    waits = [len(db.session.execute(queue.rows(db.session, acting)).all()) for acting in (ONE, OTHER)]
    assert waits == [0, 1]
    with app.test_request_context():
        assert queue.one("tg_1", "HH_ACCOUNT")[1] == "/officer/targets"
