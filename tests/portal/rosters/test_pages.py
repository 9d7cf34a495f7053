"""An officer imports a list by pages: sent, checked by the worker, begun by a person, carried out, taken back."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.audit import AuditRow
from portal.db import Base
from portal.onboarding.models import Organisation
from portal.onboarding.roster_models import RosterRow, RosterRun
from portal.onboarding.rosters import due, importing, runs
from portal.uploads.sealed import KEPT, SealedFiles
from tests.portal.onboarding.making import TAN_HOA
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import hidden, soup, submit
from tests.portal.rosters.conftest import HEADINGS, household
from tests.portal.rosters.test_resuming import digest

LISTS = "/officer/rosters"
MIXED = [household(1), household(2), household(2), household(3, phone="0130 123 4567"), household(4, id="12345678")]


def send(browser: Any, path: Path, *, source: str = "Hội Nông dân", on: str = "03/10/2022", name: str = "") -> Any:
    """Send a list with the page's form."""
    data = {"source": source, "on": on, "roster": FileStorage(io.BytesIO(path.read_bytes()), name or path.name)}
    boundary, body = encode_multipart({**hidden(browser, f"{LISTS}/new"), **data})
    return browser.post(f"{LISTS}/new", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def worked(session: Any, world: Any) -> None:
    """Let the worker do what is due."""
    while due.carry_on(world):
        pass
    session.expire_all()


def main(answer: Any) -> str:
    return " ".join(soup(answer).find("main").get_text(" ").split())


@pytest.fixture
def officer(client: Any, province: Any, app: Any, world: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The browser of a province's officer."""
    monkeypatch.setattr(due, "GRACE_S", -1e9)
    return officer_client(app, world, role="province_officer", unit=None)


def test_a_list_is_checked_before_anything_is_imported(
    officer: Any, province: Any, world: Any, as_csv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    monkeypatch.setattr(due, "LONGEST_S", -1.0)
    page = send(officer, as_csv(HEADINGS, *MIXED)).headers["Location"]
    assert "đang được kiểm tra" in main(officer.get(page))
    kept = {table.name for table in Base.metadata.sorted_tables} - {"roster_run", "roster_row"}
    before = [province.scalar(select(func.count()).select_from(Base.metadata.tables[name])) for name in sorted(kept)]
    province.rollback()
    worked(province, world)
    after = [province.scalar(select(func.count()).select_from(Base.metadata.tables[name])) for name in sorted(kept)]
    run = province.scalars(select(RosterRun)).one()
    assert after == before
    assert (run.state, run.rows, run.created, run.duplicate, run.rejected) == ("checked", 5, 2, 1, 2)
    assert [row.row for row in province.scalars(select(RosterRow).order_by(RosterRow.row))] == [4, 5, 6]
    said = main(officer.get(page))
    assert "Trùng số căn cước với dòng 3" in said
    assert "0130" in said
    assert "Hạnh" not in said
    assert page in officer.get("/officer").get_data(as_text=True)  # it waits for a person
    assert submit(officer, page + "/start", {}, page=page).headers["Location"] == page
    worked(province, world)
    assert (run.state, run.created, run.duplicate, run.rejected) == ("done", 2, 1, 2)
    assert province.scalar(select(func.count()).select_from(RosterRow)) == 5
    assert submit(officer, page + "/start", {}, page=page).status_code == 302  # twice is once
    assert "xong" in main(officer.get(page))
    officers = province.scalars(select(AuditRow.actor).where(AuditRow.act == "roster.confirmed")).all()
    assert officers == [run.started_by] == list(set(province.scalars(select(Organisation.registered_by))))


def test_the_rehearsal_goes_on_where_it_was_killed(
    officer: Any, province: Any, world: Any, as_csv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK", 2)
    monkeypatch.setattr(importing.runs, "LEASE", importing.runs.LEASE * 0)
    send(officer, as_csv(HEADINGS, *MIXED))
    real, turns = importing._Rehearsal._write, [0]

    def dying(self: Any, judged: Any, how: Any) -> None:
        turns[0] += 1
        if turns[0] == 2:
            raise KeyboardInterrupt
        real(self, judged, how)

    monkeypatch.setattr(importing._Rehearsal, "_write", dying)
    with pytest.raises(KeyboardInterrupt):
        due.carry_on(world)
    province.rollback()
    worked(province, world)
    run = province.scalars(select(RosterRun)).one()
    assert (run.state, run.rows, run.created, run.duplicate, run.rejected) == ("checked", 5, 2, 1, 2)


def test_what_was_refused_comes_back_and_is_noted(
    officer: Any, province: Any, world: Any, as_csv: Callable[..., Path], tmp_path: Path
) -> None:
    page = send(officer, as_csv(HEADINGS, *MIXED)).headers["Location"]
    worked(province, world)
    answer = submit(officer, page + "/report", {}, page=page)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    (tmp_path / "back.xlsx").write_bytes(answer.get_data())
    lines = CalamineWorkbook.from_path(str(tmp_path / "back.xlsx")).get_sheet_by_index(0).to_python()
    assert [line[-2] for line in lines[1:]] == [4, 5, 6]
    assert lines[2][1] == "Nguyễn Thị Hạnh"
    assert list(lines[0][: len(HEADINGS)]) == list(HEADINGS)
    province.rollback()
    taken = province.scalars(select(AuditRow).where(AuditRow.act == "roster.report_taken")).one()
    assert taken.object_id == page.rsplit("/", 1)[-1]
    files = SealedFiles(world.settings.instance, world.field_keys)
    assert [one for one in (world.settings.instance / "rosters").iterdir() if one.is_dir()] == []
    files.drop(taken.object_id)
    assert submit(officer, page + "/report", {}, page=page).status_code == 404
    assert KEPT.days == 90


def test_columns_that_nobody_knows_are_asked_for_and_remembered(
    officer: Any, province: Any, world: Any, as_csv: Callable[..., Path]
) -> None:
    strange = ["A", "Ai", "Thẻ", "Gọi", "Nơi"]
    rows = [[str(n), "Nguyễn Thị Hạnh", f"0820850{n:05d}", f"09120{n:05d}", "Tân Hòa, Bến Lức"] for n in (1, 2)]
    page = send(officer, as_csv(["Danh sách hộ"], strange, *rows)).headers["Location"]
    asked = officer.get(page + "/columns")
    assert "Dòng 2" in main(asked)
    columns = f"{page}/columns?row=2"
    shown = main(officer.get(columns))
    assert "Nguyễn Thị Hạnh" in shown
    assert "0820******01" in shown
    chosen = {"column_1": "name", "column_2": "id_number", "column_3": "phone", "row": "2"}
    data = {**hidden(officer, columns), **chosen}
    missing = officer.post(page + "/columns", data=data)
    assert (missing.status_code, "thiếu cột: Xã" in main(missing)) == (400, True)
    twice = officer.post(page + "/columns", data={**data, "column_4": "name"})
    assert twice.status_code == 400
    assert officer.post(page + "/columns", data={**data, "column_4": "place"}).headers["Location"] == page
    worked(province, world)
    run = province.scalars(select(RosterRun)).one()
    assert (run.state, run.created, run.header_row) == ("checked", 2, 1)
    submit(officer, page + "/start", {}, page=page)
    worked(province, world)
    assert province.scalar(select(func.count()).select_from(Organisation)) == 2
    assert runs.known_mapping(province, run.source)["place"] == 4


def test_old_letters_are_converted_only_on_a_yes(
    officer: Any, province: Any, world: Any, as_csv: Callable[..., Path]
) -> None:
    path = as_csv(HEADINGS, household(1, name="NguyÔn V¨n Hïng"))
    page = send(officer, path).headers["Location"]
    asked = main(officer.get(page + "/columns"))
    assert "NguyÔn V¨n Hïng Nguyễn Văn Hùng" in asked
    form = soup(officer.get(page + "/columns")).find("main").find("form")
    data = {tag["name"]: tag.find("option", selected=True)["value"] for tag in form.find_all("select")}
    data |= hidden(officer, page + "/columns")
    assert officer.post(page + "/columns", data=data).status_code == 400  # no answer is no yes
    officer.post(page + "/columns", data={**data, "convert": "no"})
    assert "không được chuyển" in main(officer.get(page))
    again = send(officer, path).headers["Location"]
    officer.post(again + "/columns", data={**data, **hidden(officer, again + "/columns"), "convert": "yes"})
    submit(officer, again + "/start", {}, page=worked(province, world) or again)
    worked(province, world)
    assert sorted(province.scalars(select(RosterRun.state))) == ["aborted", "done"]


def test_the_same_file_again_is_asked_about(
    officer: Any, province: Any, world: Any, as_csv: Callable[..., Path]
) -> None:
    path = as_csv(HEADINGS, household(1))
    for _ in range(2):
        page = send(officer, path).headers["Location"]
        worked(province, world)
        said = main(officer.get(page))
        submit(officer, page + "/start", {}, page=page)
        worked(province, world)
    assert "Nhập lại lần nữa?" in said
    assert province.scalar(select(func.count()).select_from(Organisation)) == 1


@pytest.mark.parametrize(
    ("field", "value"), [("source", ""), ("source", " \u200b"), ("on", ""), ("on", "31/02/2022"), ("on", "04/10/2022")]
)
def test_a_wrong_answer_is_told_at_its_question(
    officer: Any, province: Any, as_csv: Callable[..., Path], field: str, value: str
) -> None:
    answer = send(officer, as_csv(HEADINGS, household(1)), **{field: value})
    assert answer.status_code == 400
    assert soup(answer).find(id=field)["aria-invalid"] == "true"
    assert soup(answer).find("title").get_text().startswith("Lỗi: ")
    assert province.scalar(select(func.count()).select_from(RosterRun)) == 0


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 no workbook", b"\x00\x01\x02\x03"])
def test_a_file_that_is_no_list_is_refused_and_not_kept(
    officer: Any, province: Any, world: Any, tmp_path: Path, body: bytes
) -> None:
    (tmp_path / "list.xlsx").write_bytes(body)
    folder = world.settings.instance / "rosters"
    before = set(folder.glob("*"))
    answer = send(officer, tmp_path / "list.xlsx")
    assert answer.status_code == 400
    assert soup(answer).find(id="roster")["aria-invalid"] == "true"
    assert province.scalar(select(func.count()).select_from(RosterRun)) == 0
    assert set(folder.glob("*")) == before


def test_one_unfinished_list_a_source(officer: Any, province: Any, world: Any, as_csv: Callable[..., Path]) -> None:
    page = send(officer, as_csv(HEADINGS, household(1))).headers["Location"]
    second = send(officer, as_csv(HEADINGS, household(2), name="other.csv"))
    assert (second.status_code, "chưa xong" in main(second)) == (400, True)
    submit(officer, page + "/stop", {}, page=page)
    assert "dừng" in main(officer.get(page))
    assert send(officer, as_csv(HEADINGS, household(2), name="other.csv")).status_code == 302


def test_a_communes_officer_reaches_her_own_lists_and_households(
    officer: Any, province: Any, world: Any, app: Any, as_csv: Callable[..., Path]
) -> None:
    theirs = send(officer, as_csv(HEADINGS, household(1, commune="Lương Hòa"), household(2))).headers["Location"]
    worked(province, world)
    submit(officer, theirs + "/start", {}, page=theirs)
    worked(province, world)
    hers = officer_client(app, world, unit=TAN_HOA, phone="0912345679")
    assert hers.get(theirs).status_code == 404
    for act in ("start", "stop", "report", "columns"):
        assert hers.post(f"{theirs}/{act}", data=hidden(hers, f"{LISTS}/new")).status_code == 404
    assert theirs not in hers.get(LISTS).get_data(as_text=True)
    rows = [household(1), household(2, phone="0977 123 456"), household(5, commune="Lương Hòa"), household(6)]
    page = send(hers, as_csv(HEADINGS, *rows, name="own.csv")).headers["Location"]  # the same source by name
    worked(province, world)
    run = province.get(RosterRun, page.rsplit("/", 1)[-1])
    assert (run.created, run.changed, run.rejected) == (1, 1, 2)
    said = main(hers.get(page))
    assert "Hội Nông dân" in said
    assert TAN_HOA not in said
    codes = {row.row: row.problems[0][1] for row in province.scalars(select(RosterRow)) if row.run_id == run.id}
    assert codes == {2: "roster.elsewhere", 4: "place.out_of_reach"}


def test_strangers_and_others_send_nothing(client: Any, province: Any, app: Any) -> None:
    assert client.get(f"{LISTS}/new").status_code in (302, 401)
    boundary, body = encode_multipart({"roster": FileStorage(io.BytesIO(b"x" * (13 * 1024 * 1024)), "list.csv")})
    answer = client.post(f"{LISTS}/new", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert answer.status_code in (400, 413)


def test_a_large_list_is_taken_from_officers(officer: Any, province: Any, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([HEADINGS, household(1)])
        stream.write(("," * 99 + "\n") * 150_000)
    assert path.stat().st_size > 13 * 1024 * 1024
    assert send(officer, path).status_code == 302


def test_nothing_is_changed_by_looking(officer: Any, province: Any, world: Any, as_csv: Callable[..., Path]) -> None:
    page = send(officer, as_csv(HEADINGS, *MIXED)).headers["Location"]
    worked(province, world)
    before = digest(province)
    province.rollback()
    for address in (
        LISTS,
        LISTS + "?format=csv",
        page,
        page + "?page=9",
        page + "/columns",
        page + "/columns?choose=1",
    ):
        assert officer.get(address).status_code == 200
    assert digest(province) == before
