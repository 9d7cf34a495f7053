"""The demo's establishments: each holds a certificate that everybody can read, and one has stamps with a PIN."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from portal.counting import live_cells
from portal.counting.periods import parse_period
from portal.demo.cast import ESTABLISHMENTS
from portal.demo.establishments import load_establishments
from portal.demo.load import BEGINS
from portal.demo.stage import stage
from portal.stamps.models import StampOrder
from tests.portal.demo.provinces import load_province
from tests.portal.onboarding.walking import soup
from tests.portal.stamps.making import Stamps
from traceability.models import TraceCertificate


def test_all_are_in_the_public_register(session: Any, world: Any, app: Any, client: Any, tmp_path: Any) -> None:
    load_province(session, world, ("80@20210101", "80@20250701"))
    settings = replace(world.settings, values={**world.settings.values, "INSTANCE_DIR": str(tmp_path)})
    scene = stage(replace(world, settings=settings), at=BEGINS, scale=0.00003, say=lambda _text: None)
    assert len(load_establishments(scene)) == ESTABLISHMENTS
    papers = session.scalars(select(TraceCertificate)).all()
    assert len({paper.number for paper in papers}) == len({paper.establishment for paper in papers}) == ESTABLISHMENTS
    cards = soup(client.get("/safe-chain")).find("main").find_all("section")
    assert len(cards) == ESTABLISHMENTS
    assert "Số 01/2022/XN-ATTP" in cards[0].parent.get_text()
    chains = live_cells(session, app.extensions["catalogue"].get("SAFE_CHAIN_EST"), parse_period("2022-04"))
    assert sum(chains.values()) == ESTABLISHMENTS
    with_pin = session.scalars(select(StampOrder).where(StampOrder.pin)).one()
    serial = Stamps(session, world, scene.acting).serial(with_pin.batch, 0)
    page = soup(client.get(f"/s/{serial}"))
    assert page.find("input", id="pin") is not None
    assert "/2022/XN-ATTP" in page.find("main").get_text()
