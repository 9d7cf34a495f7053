"""What is served of a batch tells nothing by which another stamp could be guessed (specification, pitfall 4)."""

import base64
from typing import Any

from portal.db import reading
from portal.stamps.wiring import book_of
from tests.portal.stamps.making import Stamps

COUNT = 300


def test_only_a_stamp_s_own_proof_shows_its_nonce(client: Any, seller: Any, stamps: Stamps, app: Any) -> None:
    batch = stamps.issue(COUNT)
    stamps.activate(batch, 0, 99)
    stamps.publish()
    _header, key = book_of(stamps.world.stamp_keys).open(reading(), batch)
    serials = [stamps.serial(batch, index) for index in (0, 7, 299)]
    pages = [f"/s/{serial}" for serial in serials] + [f"/S/{serial}?linkType=linkset" for serial in serials]
    paths = [*pages, "/log/checkpoint", "/log/key", "/log/tile/0/000.p/2", "/log/entries/000.p/2", "/openapi.json"]
    served = b"".join(bytes(client.get(path).get_data()) for path in paths)
    proofs = {index: client.get(f"/s/{stamps.serial(batch, index)}/proof").get_data() for index in (0, 7, 299)}
    assert all(proofs.values())
    for index in range(COUNT):
        nonce = key.nonce(index)
        forms = (nonce, nonce.hex().encode(), base64.b64encode(nonce).rstrip(b"="), key.secret(index))
        assert not any(form in served for form in forms), index
        for own, proof in proofs.items():
            assert any(form in proof for form in forms) == (own == index), (own, index)


def test_no_leaf_of_a_stamp_tree_has_an_address(app: Any, client: Any, stamps: Stamps) -> None:
    batch = stamps.issue(COUNT)
    stamps.publish()
    served = bytes(client.get("/log/tile/0/000.p/1").get_data())
    assert len(served) == 32  # the log's own leaf, and only the log has tiles
    tiles = [rule.rule for rule in app.url_map.iter_rules() if "tile" in rule.rule]
    assert sorted(tiles) == ["/log/tile/<level>/<path:number>", "/log/tile/entries/<path:number>"]
    for path in (f"/log/tile/{batch}/0/000", f"/stamps/{batch}/tile/0/000", f"/s/{batch}/tile/0/000"):
        assert client.get(path).status_code in (400, 404)
