"""Past figures by today's communes: whole successions are sums, parts stand on their own line, the total is one."""

from collections import Counter
from typing import Any

import pytest

from portal.places.actions import heirs
from tests.portal.adoption.conftest import NOW, TAY_NINH, Province

PARTED = "28006@20210101"
REST = f"{TAY_NINH}_X"


def fill(province: Province, **counts: int) -> dict[str, int]:
    """Let households with an account live in the commune that was parted and in three that were not."""
    known = heirs(province.session, province.communes, on=NOW.date())
    chosen = [PARTED, *[one for one in province.communes if one in known][:3]]
    living = dict(zip(chosen, (counts.get("parted", 5), 5, 6, 7), strict=True))
    for commune, number in living.items():
        for _ in range(number):
            province.account(province.seller(province.communes.index(commune)))
    province.publish()
    return living


def rows(client: Any, query: str) -> dict[str, dict[str, Any]]:
    answer = client.get(f"/api/v1/observations?indicator=HH_ACCOUNT&period=2022-04&{query}")
    assert answer.status_code == 200, answer.get_json()
    return {row["area"]: row for row in answer.get_json()["observations"]}


def test_both_views_have_the_same_total_and_parts_are_shared_out_to_nobody(client: Any, province: Province) -> None:
    living = fill(province)
    today = rows(client, "level=commune&restate=today")
    found = heirs(province.session, living, on=NOW.date())
    assert len(found) == 3 and PARTED not in found
    expected = Counter[str]()
    for commune, number in living.items():
        expected[found.get(commune, REST)] += number
    assert {area: row["value"] for area, row in today.items() if row["value"]} == expected
    assert list(today)[-1] == REST
    (total,) = [row["value"] for row in rows(client, "restate=today").values()]
    then = rows(client, "level=commune")
    assert sum(row["value"] for row in then.values()) == sum(row["value"] for row in today.values()) == total == 23


def test_a_hidden_part_hides_its_sum_and_the_line_of_the_rest(client: Any, province: Province) -> None:
    living = fill(province, parted=3)
    then, today = rows(client, "level=commune"), rows(client, "level=commune&restate=today")
    found = heirs(province.session, living, on=NOW.date())
    hidden = {found.get(area, REST) for area, row in then.items() if row["obs_status"] == "Q"}
    assert len(hidden) > 1 and {area for area, row in today.items() if row["obs_status"] == "Q"} == hidden | {REST}
    assert all(row["value"] is None for row in today.values() if row["obs_status"] == "Q")


@pytest.mark.parametrize("query", ["restate=2025", "restate=today&updated_after=2022-05-01T00:00:00Z"])
def test_what_can_not_be_restated(client: Any, province: Province, query: str) -> None:
    answer = client.get(f"/api/v1/observations?indicator=HH_ACCOUNT&period=2022-04&{query}")
    assert (answer.status_code, answer.get_json()["fields"][0]["field"]) == (400, "restate")
