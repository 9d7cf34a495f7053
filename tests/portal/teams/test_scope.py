"""Every route × a team's member × what belongs to another commune: missing, and nothing of it in the answer."""

from typing import Any

import pytest

from portal import routes
from portal.guards import role
from portal.people.models import RoleGrant
from tests.portal.teams.helping import begin, help_household, helper, type_all
from tests.portal.teams.making import team

MEMBER = role("team_member").name


def paths(app: Any) -> list[tuple[str, str, str]]:
    """Return (guard, method, path) of every route that takes an argument."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(("static", "bootstrap", "openapi")) or not rule.arguments:
            continue
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            found.append((routes.GUARDS[rule.endpoint][method].name, method, rule))
    return found


def filled(rule: Any, ids: dict[str, str]) -> str | None:
    """Return the rule's path with these ids; None where one is of another subject."""
    values = {}
    for name in rule.arguments:
        if name in ids:
            values[name] = ids[name]
        elif hasattr(rule._converters.get(name), "items"):  # one with a default has none
            values[name] = sorted(rule._converters[name].items)[0]
        else:
            return None
    built = rule.build(values, append_unknown=False)
    return str(built[1]) if built else None


@pytest.fixture
def theirs(client: Any, app: Any, world: Any, province: Any, other: str) -> dict[str, str]:
    """What a member of another commune has: a session under way, a household that is registered, a team."""
    tam = helper(app, world, province, other, phone="0938 333 444")
    done = help_household(tam, world, province, "0966 496 171")
    under_way = type_all(
        tam, begin(tam, world, province, "0966 496 172"), {
            "name": {"name": "Lê Thị Mận"}, "id": {"id_number": "", "later": "1"}, "place": {"hamlet": "Ấp 9"},
            "grown": {"grown": "Bưởi"}, "selling": {"food_safety": "commitment", "payment": "no"},
        },
    )  # fmt: skip
    return {
        "done": done.id,
        "under_way": under_way.split("/")[3],
        "organisation_id": done.organisation_id or "",
        "team_id": done.team_id,
        "member_id": done.member_id,
    }


def test_nothing_of_another_commune_is_found(
    client: Any, app: Any, world: Any, province: Any, commune: str, theirs: dict[str, str]
) -> None:
    nam = helper(app, world, province, commune)
    token = {"csrf_token": nam.token("/team"), "phone": "0966 111 222", "code": "123456", "note": "x", "name": "Nam"}
    asked = 0
    for guard, method, rule in paths(app):
        for assisted in (theirs["done"], theirs["under_way"]):
            ids = {**theirs, "assisted_id": assisted, "flag_id": "fl_none", "purpose": "service"}
            path = filled(rule, ids)
            if path is None or guard.startswith(("anyone", "sender")):
                continue
            answer = nam.post(path, data=token) if method == "POST" else nam.get(path)
            wanted = (404,) if guard == MEMBER else (403, 404)
            assert answer.status_code in wanted, (method, path, answer.status_code)
            assert "Hạnh" not in answer.get_data(as_text=True)
            asked += guard == MEMBER
    assert asked >= 24


def test_the_same_doors_are_open_to_the_one_who_began(
    client: Any, app: Any, world: Any, province: Any, commune: str
) -> None:
    """So that the test above asks for what exists."""
    nam = helper(app, world, province, commune)
    done = help_household(nam, world, province)
    for path in (f"/team/households/{done.id}", f"/team/households/{done.id}/phone"):
        assert nam.get(path).status_code == 200
    read = type_all(nam, begin(nam, world, province, "0966 496 172"), {
        "name": {"name": "Lê Thị Mận"}, "id": {"id_number": "", "later": "1"}, "place": {"hamlet": "Ấp 9"},
        "grown": {"grown": "Bưởi"}, "selling": {"food_safety": "commitment", "payment": "no"},
    })  # fmt: skip
    assert nam.get(read).status_code == 200
    assert nam.get(read.replace("/read", "/name")).status_code == 200


def test_a_mate_finds_no_session_of_mine(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    mine = team(province, world, commune)
    nam = helper(app, world, province, commune, of=mine)
    mate = helper(app, world, province, commune, phone="0938 333 444", of=mine)
    read = type_all(nam, begin(nam, world, province))
    assert mate.get(read).status_code == 404
    assert mate.post(read, data={"csrf_token": mate.token("/team")}).status_code == 404


def test_who_has_left_the_team_is_out_at_once(client: Any, app: Any, world: Any, province: Any, commune: str) -> None:
    from portal.teams import actions
    from portal.teams.models import TeamMember
    from tests.portal.onboarding.making import CLI

    nam = helper(app, world, province, commune)
    read = type_all(nam, begin(nam, world, province))
    member = province.query(TeamMember).one()
    actions.leave(province, now=world.clock.now(), acting=CLI, member_id=member.id)
    province.commit()
    assert province.query(RoleGrant).filter_by(role="team_member").one().to_at is not None
    for path in ("/team", "/team/households/new", read):
        assert nam.get(path).status_code in (403, 404)


def test_a_team_that_moves_away_takes_its_members_along(
    client: Any, app: Any, world: Any, province: Any, commune: str, other: str
) -> None:
    """The team's home decides, not the unit of a grant that is months old."""
    from portal.counting import counting
    from portal.places.actions import set_home
    from portal.teams.models import Team

    nam = helper(app, world, province, commune)
    done = help_household(nam, world, province)
    mine = province.query(Team).one()
    world.clock.move(minutes=1)
    with counting(province, mine.id, effective_at=world.clock.now()):
        set_home(province, subject_id=mine.id, area_id=other, at=world.clock.now())
    province.commit()
    assert nam.get(f"/team/households/{done.id}").status_code == 404
    assert nam.get("/team").status_code == 200
