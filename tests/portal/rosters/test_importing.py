"""A province's list becomes households with accounts, each row with one outcome, counted as the recount counts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from portal.audit.models import AuditRow
from portal.counting import live_cells
from portal.counting.periods import parse_period
from portal.marketplaces import due as marketplaces_due
from portal.marketplaces import eligibility
from portal.marketplaces.eligibility import sweep_some
from portal.marketplaces.eligibility_models import Snapshot
from portal.marketplaces.models import ChannelAccount
from portal.marketplaces.rules import RULES, unmet
from portal.onboarding.models import Organisation, Person, StageReached
from portal.onboarding.persons import person_id_number, person_name, person_phone
from portal.onboarding.roster_models import ProgrammeEntry, RosterRow, RosterRun, TaxId
from portal.places.areas import leaf_of
from tests.portal.onboarding.test_counts import recount
from tests.portal.rosters.conftest import CLI, HEADINGS, household

TAN_HOA = "28006@20210101"
OCTOBER = parse_period("2022-10")
COUNTED = (
    ("HH_ACCOUNT", "_T"), ("HH_ACCOUNT", "channel"), ("HH_FUNNEL", "_T"), ("HH_FUNNEL", "stage"),
    ("ACC_ELIGIBLE", "_T"), ("ACC_ELIGIBLE", "channel"), ("HH_ELIGIBLE", "_T"), ("HH_ELIGIBLE", "channel"),
    ("SME_SUPPORT", "_T"), ("SME_SUPPORT", "sector"),
)  # fmt: skip


def live(session: Any, app: Any, code: str, cut: str = "_T") -> int:
    indicator = app.extensions["catalogue"].get(code)
    return sum(live_cells(session, indicator, OCTOBER, cut=cut).values())


def agrees(session: Any, app: Any) -> bool:
    """Say whether each figure is what its own SQL finds in the source rows."""
    session.commit()
    for code, dimension in COUNTED:
        indicator = app.extensions["catalogue"].get(code)
        source = recount(session, app, code, dimension, start=OCTOBER.start, end=OCTOBER.end)
        for (area, cut), value in source.items():
            name = "_T" if dimension == "_T" else f"{dimension}@{cut}"
            assert live_cells(session, indicator, OCTOBER, cut=name).get(area) == value, (code, cut, area)
        if dimension == "_T":
            assert sum(source.values()) == live(session, app, code), code
    return True


def judged(session: Any, clock: Any) -> None:
    while sweep_some(session, now=clock.now(), acting=CLI):
        session.commit()


def test_a_list_becomes_households_with_accounts(
    take: Callable[..., Any], as_xlsx: Callable[..., Path], province: Any, world: Any, app: Any
) -> None:
    rows = [household(n) for n in range(1, 8)]
    found = take(as_xlsx(HEADINGS, *rows))
    assert (found.rows, dict(found.outcomes)["created"]) == (7, 7)
    first = province.scalars(select(Organisation).order_by(Organisation.id)).first()
    head = province.get(Person, first.head_person_id)
    assert person_name(head, world.field_keys) == "Nguyễn Thị Hạnh"
    assert person_phone(head, world.field_keys).e164 == "+84912000001"
    assert person_id_number(head, world.field_keys).value == "082085000001"
    assert (first.state, first.captured_unit_id, first.confidence) == ("recorded", TAN_HOA, "exact")
    assert (first.hamlet, first.grown, first.food_safety) == ("Ấp 3", "Thanh long", "commitment")
    assert first.payment_declared is True
    account = province.scalars(select(ChannelAccount).where(ChannelAccount.organisation_id == first.id)).one()
    assert (account.channel, account.remote_id, account.state) == ("postmart", "PM00001", "created")
    assert live(province, app, "HH_ACCOUNT") == 7
    assert live(province, app, "HH_ACCOUNT", "channel@postmart") == 7
    assert agrees(province, app)


def test_the_rules_of_the_month_decide_who_is_eligible(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, app: Any, clock: Any
) -> None:
    rows = [
        household(1), household(2, attp="Chưa"), household(3, paid="Không"), household(4, seen="Chưa"),
        household(5, approved="Chưa"), household(6, status="Tạm khóa"), household(7, id=""), household(8, phone=""),
        household(9, commune="Xã Không Có"), household(10, status="Chưa tạo"), household(11, channel="Voso"),
        household(12, district="", commune="Phường 3"),
    ]  # fmt: skip
    assert take(as_csv(HEADINGS, *rows)).outcomes["created"] == 12
    judged(province, clock)
    assert live(province, app, "HH_ACCOUNT") == 11
    assert live(province, app, "ACC_ELIGIBLE") == live(province, app, "HH_ELIGIBLE") >= 2
    assert live(province, app, "HH_ELIGIBLE", "channel@voso") == 1
    assert live(province, app, "HH_FUNNEL", "stage@created") == 11
    assert live(province, app, "HH_FUNNEL", "stage@eligible") == live(province, app, "HH_ELIGIBLE")
    assert agrees(province, app)


def test_a_household_on_two_marketplaces_counts_once(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, app: Any, clock: Any
) -> None:
    take(as_csv(HEADINGS, *(household(n) for n in range(1, 6))), source="postmart")
    second = [household(n, channel="Voso", account=f"VS{n}") for n in (2, 3)]
    found = take(as_csv(HEADINGS, *second, name="voso.csv"), source="voso")
    assert found.outcomes["changed"] == 2
    judged(province, clock)
    assert live(province, app, "HH_ACCOUNT") == 5
    assert live(province, app, "HH_ACCOUNT", "channel@postmart") == 5
    assert live(province, app, "HH_ACCOUNT", "channel@voso") == 2
    assert (live(province, app, "ACC_ELIGIBLE"), live(province, app, "HH_ELIGIBLE")) == (7, 5)
    assert agrees(province, app)


def test_the_same_list_again_changes_nothing_and_one_phone_changes_one(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, app: Any, clock: Any
) -> None:
    rows = [household(n) for n in range(1, 6)] + [household(6, id="")]
    take(as_csv(HEADINGS, *rows))
    before = province.scalar(select(func.count()).select_from(AuditRow).where(AuditRow.act == "roster.chunk"))
    assert dict(take(as_csv(HEADINGS, *rows)).outcomes)["unchanged"] == 6
    assert before == province.scalar(select(func.count()).select_from(AuditRow).where(AuditRow.act == "roster.chunk"))
    rows[2] = household(3, phone="0977 123 456")
    again = take(as_csv(HEADINGS, *rows))
    assert (again.outcomes["unchanged"], again.outcomes["changed"]) == (5, 1)
    phones = {person_phone(one, world.field_keys).e164 for one in province.scalars(select(Person))}
    assert "+84977123456" in phones and "+84912000003" not in phones
    assert province.scalar(select(func.count()).select_from(Organisation)) == 6
    assert agrees(province, app)


def test_a_household_that_moves_takes_its_counts_along(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, app: Any, clock: Any
) -> None:
    take(as_csv(HEADINGS, household(1), household(2)))
    judged(province, clock)
    clock.move(days=1)
    take(as_csv(HEADINGS, household(1, commune="Tân Bửu"), household(2)))
    cells = live_cells(province, app.extensions["catalogue"].get("HH_ELIGIBLE"), OCTOBER, cut="_T")
    assert cells == {"28009@20210101": 1, TAN_HOA: 1}
    assert agrees(province, app)


def test_firms_enter_their_programme_once(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, app: Any
) -> None:
    headings = ("STT", "Tên doanh nghiệp", "Mã số thuế", "Xã", "Huyện", "Ngành", "Chương trình")
    rows = [
        ("1", "Công ty TNHH Trái cây Vàm Cỏ", "1100123455", "Tân Hòa", "Bến Lức", "Nông sản", "SMEdx"),
        ("2", "Công ty TNHH Cơ khí Long An", "1100123462", "Tân Hòa", "Bến Lức", "Cơ khí", "SMEdx"),
        ("3", "Công ty sai số", "1100123457", "Tân Hòa", "Bến Lức", "", "SMEdx"),
        ("4", "Công ty chưa vào", "1100123470", "Tân Hòa", "Bến Lức", "", ""),
        ("5", "Công ty TNHH Trái cây Vàm Cỏ", "1100123455", "Tân Hòa", "Bến Lức", "Nông sản", "SMEdx"),
    ]
    found = take(as_csv(headings, *rows, name="firms.csv"), source="smedx")
    counted = province.scalar(select(func.count()).select_from(ProgrammeEntry))
    assert (found.outcomes["duplicate"], counted) == (1, live(province, app, "SME_SUPPORT"))
    assert found.outcomes["rejected"] >= 1 and counted >= 1
    assert take(as_csv(headings, *rows, name="again.csv"), source="other").outcomes["created"] == 0
    assert province.scalar(select(func.count()).select_from(TaxId)) == found.outcomes["created"]
    assert agrees(province, app)


def test_a_list_alone_makes_nobody_public(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, client: Any
) -> None:
    take(as_csv(HEADINGS, household(1)))
    organisation = province.scalars(select(Organisation)).one()
    assert organisation.state == "recorded"
    assert client.get(f"/sellers/{organisation.id}").status_code == 404
    stages = set(province.scalars(select(StageReached.stage)))
    assert stages == {"created", "phone_confirmed", "approved"}


def test_an_unknown_commune_counts_as_not_attributable(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, app: Any
) -> None:
    take(as_csv(HEADINGS, household(1, commune="Xã Không Có")))
    cells = live_cells(province, app.extensions["catalogue"].get("HH_ACCOUNT"), OCTOBER, cut="_T")
    assert cells == {leaf_of("80@20210101"): 1}
    row = province.scalars(select(RosterRow)).one()
    assert [problem[1] for problem in row.problems] == ["place.unknown"]


def test_a_run_knows_its_rows_and_its_chunks(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, clock: Any
) -> None:
    clock.move(hours=1)
    found = take(as_csv(HEADINGS, household(1), household(1), household(2, phone="0130 123 4567"), ("", "Tổng cộng")))
    run = province.get(RosterRun, found.run)
    assert (run.state, run.rows, run.created, run.duplicate, run.rejected) == ("done", 3, 1, 1, 1)
    assert run.ended_at - clock.now() == timedelta(0)
    rows = province.scalars(select(RosterRow).order_by(RosterRow.row)).all()
    assert [(row.row, row.outcome) for row in rows] == [(2, "created"), (3, "duplicate"), (4, "rejected")]
    assert rows[1].problems == [["id_number", "roster.same_id", "note", {"row": 2}]]
    assert rows[2].problems[0][1] == "phone.prefix"


def test_a_sweep_left_over_from_another_day_begins_anew(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, app: Any, clock: Any, monkeypatch: Any
) -> None:
    """Each month is judged by its own rules: those of 2026 leave October 2022 as it was."""
    monkeypatch.setattr(eligibility, "CHUNK", 2)
    take(as_csv(HEADINGS, *(household(n) for n in range(1, 6))))
    assert sweep_some(province, now=clock.now(), acting=CLI)
    clock.at = clock.at.replace(year=2026, month=8)
    judged(province, clock)
    snapshots = province.execute(
        select(Snapshot.period, Snapshot.eligible, func.count()).group_by(Snapshot.period, Snapshot.eligible)
    ).all()
    assert sorted(tuple(row) for row in snapshots) == [("2022-10", True, 2), ("2026-08", False, 5)]
    assert live(province, app, "ACC_ELIGIBLE") == 2
    missing = {row.unmet for row in province.scalars(select(Snapshot)) if row.period == "2026-08"}
    assert missing == {"consent product verified"}


LACKING: tuple[tuple[dict[str, str], str], ...] = (
    ({}, ""), ({"attp": "Chưa"}, "food_safety"), ({"paid": "Không"}, "payment"), ({"paid": ""}, "payment"),
    ({"seen": "Chưa"}, "phone"), ({"approved": ""}, "approved"), ({"id": ""}, "identity"),
    ({"phone": ""}, "identity phone"), ({"status": "Tạm khóa"}, "account"), ({"status": "Đã xác minh"}, ""),
    ({"commune": "Xã Không Có"}, "commune"),
)  # fmt: skip


def test_each_thing_that_is_missing_is_named(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, clock: Any
) -> None:
    """Lines that lack one thing each; nobody listed has a product, agreed to share, or is verified but one."""
    take(as_csv(HEADINGS, *(household(n, **changed) for n, (changed, _) in enumerate(LACKING, 1))))
    accounts = {row.remote_id: row.id for row in province.scalars(select(ChannelAccount))}
    assert len(accounts) == len(LACKING)
    found = unmet(province, list(accounts.values()), tuple(RULES))
    for number, (changed, missing) in enumerate(LACKING, 1):
        verified = () if changed == {"status": "Đã xác minh"} else ("verified",)
        assert found[accounts[f"PM{number:05d}"]] == (*missing.split(), "consent", "product", *verified), changed


def test_accounts_are_judged_after_a_reform_has_moved_their_households(
    take: Callable[..., Any], as_csv: Callable[..., Path], province: Any, world: Any, app: Any, clock: Any
) -> None:
    """A late reform counts at its own day: what were counted at the old home since would stay there."""
    take(as_csv(HEADINGS, *(household(n, commune="Tân Bửu") for n in range(1, 4))))
    judged(province, clock)
    assert live(province, app, "ACC_ELIGIBLE") == 3
    clock.at = clock.at.replace(year=2026, month=8)
    assert not marketplaces_due.sweep(app.extensions["world"])
    reform = next(step for step in app.extensions["steps"] if step.name == "places.reform")
    while reform.run(app.extensions["world"]):
        pass
    while marketplaces_due.sweep(app.extensions["world"]):
        pass
    province.expire_all()
    for month in ("2022-10", "2025-07", "2026-08"):
        period = parse_period(month)
        source = recount(province, app, "ACC_ELIGIBLE", "_T", start=period.start, end=period.end)
        cells = live_cells(province, app.extensions["catalogue"].get("ACC_ELIGIBLE"), period, cut="_T")
        assert cells == {area: value for (area, _), value in source.items()}, month
    assert live(province, app, "ACC_ELIGIBLE") == 3 and cells == {}
