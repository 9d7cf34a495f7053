"""Labels by the thousand: a file that the worker makes part by part, whoever dies; nobody else's; swept in time."""

import io
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import func, select

from portal.audit import AuditRow
from portal.db import begin
from portal.stamps import prints
from portal.stamps.models import StampPrint
from portal.stamps.prints import claim_print, print_step, sweep_prints
from tests.portal.onboarding.walking import soup, submit
from tests.portal.stamps.making import Stamps
from tests.sheets import page_codes


def asked(seller: Any, batch: int, **more: Any) -> str:
    """Ask for a file of labels; return the address of its page."""
    data = {"first": "0", "last": "1.499", "sheet": "a4-40", "client_id": "one", **more}
    answer = submit(seller, f"/my/stamps/{batch}/print", data)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def heading(seller: Any, address: str) -> str:
    return str(soup(seller.get(address)).h1.get_text())


def test_a_large_run_is_made_by_parts_and_fetched(seller: Any, stamps: Stamps, session: Any, tmp_path: Path) -> None:
    batch = stamps.issue(1500)
    address = asked(seller, batch)
    assert asked(seller, batch) == address  # the same page sent twice is one file
    assert heading(seller, address) == "Đang soạn tệp tem để in"
    assert seller.get(f"{address}/file").status_code == 409
    done = []
    while print_step(stamps.world):
        done.append(soup(seller.get(address)).find("progress"))
    session.expire_all()
    found = session.scalars(select(StampPrint)).one()
    assert (found.state, found.done, found.pages) == ("printed", 1500, 38)
    assert [tag and tag["value"] for tag in done] == ["480", "960", "1440", None]
    assert heading(seller, address) == "Tem của bạn đã sẵn sàng"
    answer = seller.get(f"{address}/file")
    assert answer.headers["Cache-Control"] == "no-store"
    assert f'filename="tem-{batch}-0-1499.pdf"' in answer.headers["Content-Disposition"]
    pdf = answer.get_data()
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        assert len(document) == 38
        assert f"Lô tem {batch} · 480 – 519" in document[12].get_textpage().get_text_bounded()
    for page, first, count in ((0, 0, 40), (12, 480, 40), (37, 1480, 20)):
        wanted = [f"HTTP://LOCALHOST/S/{stamps.serial(batch, index)}" for index in range(first, first + count)]
        assert page_codes(pdf, page, sheet="a4-40", folder=tmp_path) == wanted
    folder = Path(stamps.world.settings.instance) / "prints" / found.id
    assert [path.name for path in folder.iterdir()] == ["labels.pdf"]
    assert folder.stat().st_mode & 0o077 == 0
    acts = session.scalars(select(AuditRow.act).where(AuditRow.act == "stamps.printed")).all()
    assert len(acts) == 1
    listed = soup(seller.get(f"/my/stamps/{batch}")).find("main").get_text(" ", strip=True)
    assert "0 – 1.499 Sẵn sàng" in listed


def test_a_process_that_dies_leaves_the_part_to_the_next(seller: Any, stamps: Stamps, session: Any, clock: Any) -> None:
    batch = stamps.issue(1000)
    asked(seller, batch, last="999", sheet="a4-65")
    assert print_step(stamps.world)
    with begin() as rows:
        dead = claim_print(rows, now=clock.now())
    assert dead is not None
    assert dead.done == 455
    prints.make_part(stamps.world, dead)  # it made its part, and died before it could say so
    assert print_step(stamps.world) is False
    clock.move(minutes=2)
    while print_step(stamps.world):
        pass
    session.expire_all()
    found = session.scalars(select(StampPrint)).one()
    assert (found.state, found.done) == ("printed", 1000)
    with pytest.raises(prints.OrderLeaseLost), begin() as rows:
        prints.note_part(rows, now=clock.now(), claim=dead, done=910, length=None)
    path = prints.file_of(found, stamps.world.settings)
    with pypdfium2.PdfDocument(str(path)) as document:
        assert len(document) == 16


def test_a_full_disk_is_tried_again_and_then_said(
    seller: Any, stamps: Stamps, session: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = stamps.issue(500)
    address = asked(seller, batch, last="499")

    def full(*_args: Any, **_more: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(prints, "write_part", full)
        assert print_step(stamps.world)
        assert print_step(stamps.world) is False  # not at once again
    session.expire_all()
    assert session.scalars(select(StampPrint.reason)).one() == "OSError"
    clock.move(minutes=1)
    while print_step(stamps.world):
        pass
    assert heading(seller, address) == "Tem của bạn đã sẵn sàng"
    other = asked(seller, batch, last="450", client_id="two")
    monkeypatch.setattr(prints, "write_part", full)
    for _ in range(prints.MOST_ATTEMPTS):
        assert print_step(stamps.world)
        clock.move(minutes=10)
    assert print_step(stamps.world) is False
    assert heading(seller, other) == "Chưa soạn được tệp tem này"


def test_files_are_swept_after_a_week(seller: Any, stamps: Stamps, session: Any, clock: Any) -> None:
    batch = stamps.issue(500)
    address = asked(seller, batch, last="499")
    while print_step(stamps.world):
        pass
    assert sweep_prints(stamps.world) is False
    clock.move(days=8)
    assert sweep_prints(stamps.world) is True
    assert not (Path(stamps.world.settings.instance) / "prints" / address.rpartition("/")[2]).exists()


def test_rolls_and_sheets_that_do_not_fit(seller: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue(600)
    path = f"/my/stamps/{batch}/print"
    roll = {"first": "0", "last": "3", "sheet": "roll", "width": "40", "height": "30"}
    pdf = submit(seller, path, roll).get_data()
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        assert len(document) == 4
        assert [round(side * 25.4 / 72) for side in document.get_page_size(0)] == [40, 30]
    for change, said in (
        ({"height": "12"}, "nhỏ quá"),
        ({"width": ""}, "10 đến 300"),
        ({"width": "1000"}, "10 đến 300"),
        ({"sheet": "a3"}, "Hãy chọn"),
        ({"last": "600"}, "Lô tem không có đến số này"),
        ({"last": "200000"}, "Lô tem không có đến số này"),
    ):
        answer = submit(seller, path, roll | change)
        assert answer.status_code == 400
        assert said in soup(answer).find(class_="error-summary").get_text(), change
    assert session.scalar(select(func.count()).select_from(StampPrint)) == 0


def test_another_s_files_are_missing(seller: Any, stamps: Stamps, session: Any, app: Any) -> None:
    batch = stamps.issue(500)
    address = asked(seller, batch, last="499")
    while print_step(stamps.world):
        pass
    found = session.scalars(select(StampPrint)).one()
    found.organisation_id = "or_another"
    with pytest.raises(prints.NotFound):
        prints.own_print(session, stamps.acting, found.id)
    session.rollback()
    stranger = app.test_client()
    for path in (address, f"{address}/file"):
        assert stranger.get(path).status_code in (302, 401, 404)
