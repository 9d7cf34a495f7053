"""The watch: what a scan called suspicious is listed, forged codes are counted without anybody's address."""

from typing import Any

from sqlalchemy import select, text

from portal.cases import Case, close_case
from portal.stamps.due import purge
from portal.stamps.models import UnknownCode
from portal.watch.due import raise_alarms
from tests.portal.onboarding.conftest import commune_named
from tests.portal.onboarding.test_shop_pages import officer_client
from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import Stamps

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
    assert "giống bị sao chép" in words(office.get("/officer"))
    assert str(batch) in words(office.get("/officer/cases?kind=counterfeits"))
    clock.move(minutes=5)
    close_case(session, case, now=clock.now(), note="đã xem")
    session.commit()
    assert raise_alarms(stamps.world) is False
    clock.move(minutes=5)
    client.get(f"/s/{often}")
    assert raise_alarms(stamps.world) is True
