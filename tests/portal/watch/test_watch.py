"""The watch: what a scan called suspicious is listed, forged codes are counted without anybody's address."""

from typing import Any

from sqlalchemy import select, text

from portal.cases import Case, close_case
from portal.places.actions import load_units
from portal.places.files import read_units
from portal.stamps.due import purge
from portal.stamps.models import UnknownCode
from portal.watch.due import raise_alarms
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import Stamps
from traceability.models import TraceScan, TraceStamp

AS_JSON = {"Accept": "application/json"}


def words(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(soup(answer).find("main").get_text(" ").split())


def grouped(serial: str) -> str:
    return " ".join(serial[at : at + 5] for at in range(0, 20, 5))


def scanned_too_often(client: Any, stamps: Stamps) -> tuple[int, str, str]:
    """Scan one stamp thrice, one before it is on goods, and one once; return the batch and the first two."""
    batch = stamps.issue()
    early = stamps.serial(batch, 150)
    client.get(f"/s/{early}")
    stamps.activate(batch, 0, 99)
    often = stamps.serial(batch, 3)
    for _ in range(3):
        client.get(f"/s/{often}")
    client.get(f"/s/{stamps.serial(batch, 4)}")
    return batch, often, early


def forged_code(stamps: Stamps, batch: int, index: int) -> str:
    serial = stamps.serial(batch, index)
    return serial[:-1] + ("0" if serial[-1] != "0" else "1")


def test_what_a_scan_called_suspicious_is_listed(office: Any, client: Any, stamps: Stamps) -> None:
    batch, often, early = scanned_too_often(client, stamps)
    said = client.get(f"/s/{often}", headers=AS_JSON).get_json()
    assert said["verdict"] == "suspicious"
    page = words(office.get("/officer/watch"))
    assert grouped(often) in page
    assert grouped(early) in page
    assert grouped(stamps.serial(batch, 4)) not in page
    assert grouped(early) not in words(office.get("/officer/watch?show=often"))
    assert grouped(often) not in words(office.get("/officer/watch?show=early"))
    assert grouped(often) in words(office.get("/officer/watch?q=bưởi"))
    assert grouped(often) not in words(office.get("/officer/watch?q=xoài"))
    rows = office.get("/officer/watch?format=csv").get_data(as_text=True)
    assert often in rows
    assert office.get("/officer/watch?days=8").status_code == 404


def test_forged_codes_are_counted_by_network_and_nothing_else(
    office: Any, client: Any, stamps: Stamps, session: Any, clock: Any
) -> None:
    batch = stamps.issue()
    for index in (0, 1, 1):
        assert client.get(f"/s/{forged_code(stamps, batch, index)}").status_code == 404
    client.head(f"/s/{forged_code(stamps, batch, 2)}")
    client.get(f"/s/{forged_code(stamps, batch, 2)}/proof")
    client.get("/s/ZZZZZZZZZZZZZZZZZZZZ")
    rows = session.scalars(select(UnknownCode).order_by(UnknownCode.batch)).all()
    assert [(row.batch, row.count) for row in rows] == [(-1, 1), (batch, 3)]
    assert {row.network for row in rows} == {rows[0].network}
    assert "127.0.0.1" not in str(session.execute(text("SELECT * FROM unknown_code")).all())
    clock.move(days=1)
    client.get(f"/s/{forged_code(stamps, batch, 0)}")
    networks = session.scalars(select(UnknownCode.network).where(UnknownCode.batch == batch)).all()
    assert len(set(networks)) == 2  # another day, another name: no two days can be put together
    clock.move(days=92)
    purge(stamps.world)
    assert session.scalars(select(UnknownCode)).all() == []


def test_an_officer_sees_forged_codes_and_a_seller_the_own(
    seller: Any, office: Any, client: Any, stamps: Stamps, app: Any, world: Any, province: Any
) -> None:
    batch, often, _early = scanned_too_often(client, stamps)
    client.get(f"/s/{forged_code(stamps, batch, 9)}")
    assert "Bưởi da xanh" in words(office.get("/officer/watch?show=forged"))
    assert grouped(often) in words(seller.get("/my/stamps/alarms"))
    assert "/my/stamps/alarms" in {one.get("href") for one in soup(seller.get("/my")).find("main").find_all("a")}
    elsewhere = officer_client(app, world, unit=commune_named(province, "Mộc Hóa"), phone="0912345679")
    for path in ("/officer/watch", "/officer/watch?show=forged", "/officer/watch?format=csv"):
        answer = elsewhere.get(path).get_data(as_text=True)
        assert grouped(often) not in answer
        assert often not in answer
        assert "Bưởi da xanh" not in answer


def test_an_empty_watch_says_so(office: Any, seller: Any) -> None:
    assert soup(office.get("/officer/watch")).find(class_="empty") is not None
    assert soup(seller.get("/my/stamps/alarms")).find(class_="empty") is not None


def test_alarms_become_one_case_until_newer_scans(
    office: Any, client: Any, stamps: Stamps, session: Any, clock: Any
) -> None:
    batch, often, _early = scanned_too_often(client, stamps)
    assert (raise_alarms(stamps.world), raise_alarms(stamps.world)) == (True, False)
    case = session.scalars(select(Case)).one()
    assert (case.kind, case.subject) == ("stamp.copied", str(batch))
    assert "nghi bị sao chép" in words(office.get("/officer"))
    assert str(batch) in words(office.get("/officer/cases?kind=counterfeits"))
    clock.move(minutes=5)
    close_case(session, case, now=clock.now(), note="đã xem")
    session.commit()
    assert raise_alarms(stamps.world) is False
    clock.move(minutes=5)
    client.get(f"/s/{often}")
    assert raise_alarms(stamps.world) is True


HANOI, TAY_NINH, DONG_THAP = "01@20250101", "80@20250701", "82@20250701"


def tell_place(client: Any, serial: str, province: str) -> Any:
    """Scan a stamp, follow the link on its page, and answer there; return the answer."""
    link = soup(client.get(f"/s/{serial}")).find("a", href=lambda at: at and "/where?" in at)["href"]
    form = soup(client.get(link)).find("form", action=f"/s/{serial}/where")
    assert f'value="{province}"' in str(form)
    data = {"scan": form.find("input", {"name": "scan"})["value"], "province": province}
    return client.post(form["action"], data=data, headers={"Origin": "http://localhost"})


def test_scans_far_apart_are_found_by_what_shoppers_tell(
    office: Any, client: Any, stamps: Stamps, session: Any, clock: Any
) -> None:
    tops = [one for one in read_units() if one.id in (HANOI, DONG_THAP)]
    load_units(session, now=clock.now(), acting=stamps.acting, units=tops, successions=())
    session.commit()
    batch = stamps.issue()
    stamps.activate(batch, 0, 99)
    near, far = stamps.serial(batch, 1), stamps.serial(batch, 2)
    for serial, second in ((near, DONG_THAP), (far, HANOI)):
        first = tell_place(client, serial, TAY_NINH)
        assert "Cảm ơn" in soup(first).find(role="status").get_text()
        assert "Set-Cookie" not in first.headers
        clock.move(minutes=9)
        answer = soup(tell_place(client, serial, second))
        assert ("sao chép" in answer.h1.parent.get_text()) == (second == HANOI)
    rows = session.execute(
        select(TraceStamp.index, TraceStamp.scans, TraceStamp.first_place).order_by(TraceStamp.index)
    )
    assert [tuple(row) for row in rows] == [(1, 2, TAY_NINH), (2, 2, TAY_NINH)]  # an answer is no scan
    page = soup(office.get("/officer/watch?show=apart"))
    assert grouped(far) in page.find("main").get_text(" ")
    assert grouped(near) not in page.find("main").get_text(" ")
    assert len(page.find("svg", role="img").find_all("line")) == 1
    table = page.find("svg", role="img").find_parent("div").find("table").get_text(" ", strip=True)
    assert "Thành phố Hà Nội 1 1" in table
    rows = office.get("/officer/watch?show=apart&format=csv").get_data(as_text=True)
    assert "Thành phố Hà Nội, Tỉnh Tây Ninh" in rows
    assert client.get(f"/s/{far}", headers=AS_JSON).get_json()["verdict"] == "suspicious"


def test_a_place_is_told_once_and_by_whoever_scanned(client: Any, stamps: Stamps, session: Any) -> None:
    batch = stamps.issue()
    stamps.activate(batch, 0, 99)
    serial = stamps.serial(batch, 1)
    first = tell_place(client, serial, TAY_NINH)
    key = client.get(f"/s/{stamps.serial(batch, 2)}").get_data(as_text=True).split("/where?scan=")[1].split('"')[0]
    address = f"/s/{serial}/where"
    assert client.post(address, data={"scan": key, "province": TAY_NINH}).status_code == 400  # another stamp's
    assert client.get(f"{address}?scan=5f-00").status_code == 400
    assert client.get(address).headers["Location"] == f"/s/{serial}"
    own = client.get(f"/s/{serial}").get_data(as_text=True).split("/where?scan=")[1].split('"')[0]
    wrong = client.post(address, data={"scan": own, "province": "Tân Thạnh"})
    assert wrong.status_code == 400
    assert soup(wrong).title.get_text().startswith("Lỗi:")
    assert client.post(address, data={"scan": own, "province": TAY_NINH}).status_code == 200
    again = client.post(address, data={"scan": own, "province": TAY_NINH})
    assert "biết rồi" in soup(again).find(role="status").get_text()
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert client.post(address, data={"scan": own, "province": TAY_NINH}, headers=elsewhere).status_code == 403
    assert first.headers["Cache-Control"] == "no-store"
    assert set(session.scalars(select(TraceScan.place).where(TraceScan.index == 1))) == {TAY_NINH}
    assert len(client.get(f"/s/{serial}").get_data()) < 30_000
