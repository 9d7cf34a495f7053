"""A chain that began anew: what was final is disputed, and a person has everything anchored again, roots only."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from portal.db import begin
from portal.stamps.anchoring import anchor, watch
from tests.anvil import Anvil
from tests.chains import Chain
from tests.portal.stamps.making import Stamps
from tests.portal.stamps.test_chain import cases, chain, chain_app, node, settle, state
from tests.portal.stamps.test_cli import run
from traceability import ledger_standing

__all__ = ["chain", "node"]


@pytest.fixture
def fresh_node() -> Iterator[Anvil]:
    with Anvil(mining=False) as fresh:
        yield fresh


def test_d14_everything_is_anchored_again_from_zero(
    app: Any, stamps: Stamps, chain: Chain, fresh_node: Anvil, session: Any, clock: Any
) -> None:
    for _ in range(3):
        stamps.issue(3000)
        settle(stamps, chain)
    assert state(session) == ["final"] * 3
    anew = Chain(fresh_node, begin=begin, key=sha256(b"another").hexdigest(), clock=clock.now).deployed()
    world = replace(stamps.world, ledgers={**stamps.world.ledgers, "evm": anew.ledger()})
    app.extensions["world"] = stamps.world = world
    assert watch(world, world.ledgers) == 3
    assert state(session) == ["disputed"] * 3
    assert cases(session) == ["ledger.disputed"] * 3
    for number in ledger_standing(session, ledger="evm").needs_person:
        run(chain_app(), "ledger", "release", str(number), "--note", "the chain began anew")
    for _ in range(6):
        settle(stamps, anew)
    assert state(session) == ["final"] * 3
    assert anew.sent() == len(anew.anchors()) == 3  # roots, never one transaction a stamp
    assert not anchor(stamps.world)
    assert run(chain_app(), "ledger", "fsck")["count"] == 0
    assert state(session, "notary") == ["final"] * 3  # and it runs always
