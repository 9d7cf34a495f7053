"""The ledger on a chain, through the portal: what pages and commands say, asserted at the node and not in our rows."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases.models import Case
from portal.config import Settings
from portal.db import begin
from portal.stamps.anchoring import GATHER, anchor, watch
from portal.stamps.due import grow_log
from portal.stamps.readiness import late_ledgers
from tests.anvil import CHAIN_ID, Anvil
from tests.chains import KEY, Chain
from tests.portal.stamps.making import Stamps
from tests.portal.stamps.test_cli import run
from traceability import anchor_waits, ledger_standing
from traceability.cli import main
from traceability.ledger.contract import artefact
from traceability.ledger.signing import SenderKey, account_of
from traceability.models import TraceAnchor, TraceTransaction


@pytest.fixture
def node() -> Iterator[Anvil]:
    with Anvil(mining=False) as node:
        yield node


@pytest.fixture
def chain(app: Any, node: Anvil, stamps: Stamps, clock: Any) -> Chain:
    """The contract on a chain that makes blocks when told to; the app's ledger beside its notary."""
    chain = Chain(node, begin=begin, clock=clock.now).deployed()
    values = {
        **app.extensions["world"].settings.values,
        "LEDGER_URL": node.url,
        "LEDGER_CHAIN_ID": str(CHAIN_ID),
        "LEDGER_CONTRACT": chain.contract,
        "LEDGER_SENDER_KEY": KEY,
    }
    world = app.extensions["world"]
    world = replace(world, settings=Settings(values=values), ledgers={**world.ledgers, "evm": chain.ledger()})
    app.extensions["world"] = stamps.world = world
    return chain


def settle(stamps: Stamps, chain: Chain, *, blocks: int = 4) -> None:
    """Anchor, make the blocks, look again."""
    stamps.publish()
    chain.node.mine(blocks)
    stamps.world.clock.move(minutes=5)
    while anchor(stamps.world):
        pass


def state(session: Any, ledger: str = "evm") -> list[str]:
    rows = select(TraceAnchor.state).where(TraceAnchor.ledger == ledger).order_by(TraceAnchor.size)
    return list(session.scalars(rows.execution_options(populate_existing=True)))


def cases(session: Any) -> list[str]:
    return sorted(session.scalars(select(Case.kind).where(Case.closed_at.is_(None), Case.kind.startswith("ledger."))))


def test_all_batches_of_a_province_are_one_transaction_on_the_node(
    stamps: Stamps, chain: Chain, session: Any, clock: Any
) -> None:
    for _establishment in range(14):
        stamps.issue(300)
        while grow_log(stamps.world):
            pass
        assert not anchor_waits(session, now=clock.now(), ledger="evm", gather=GATHER)
        clock.move(seconds=5)
    clock.move(seconds=GATHER.total_seconds())
    assert anchor_waits(session, now=clock.now(), ledger="evm", gather=GATHER)
    anchor(stamps.world)
    chain.node.mine()
    assert chain.sent() == 1
    (event,) = chain.anchors()
    origin = stamps.world.log_signer.origin
    assert event["topics"][1] == "0x" + sha256(origin.encode()).hexdigest()
    assert int(event["topics"][2], 16) == 14
    status = run(chain_app(), "ledger", "status")
    assert event["data"] == "0x" + status["root"]
    assert chain.node.rpc("eth_getCode", chain.contract, "latest") == "0x" + artefact().runtime.hex()


def chain_app() -> Any:
    from flask import current_app

    return current_app._get_current_object()


def test_sent_confirmed_final(stamps: Stamps, chain: Chain, session: Any, clock: Any, client: Any) -> None:
    batch = stamps.issue(300)
    serial = stamps.serial(batch, 0)
    stamps.publish()
    assert (state(session, "notary"), state(session)) == (["final"], ["sent"])
    assert "đang chờ sổ cái" in client.get(f"/s/{serial}").text
    chain.node.mine()
    clock.move(seconds=40)
    anchor(stamps.world)
    assert state(session) == ["confirmed"]
    page = client.get(f"/s/{serial}").text
    assert "đang chờ sổ cái" not in page
    assert chain.contract in page
    chain.node.mine(3)
    clock.move(seconds=40)
    anchor(stamps.world)
    assert state(session) == ["final"]
    clock.move(hours=1)
    assert not anchor(stamps.world)
    assert cases(session) == []
    assert run(chain_app(), "ledger", "fsck")["differences"] == []


def test_d1_node_down_delays_the_anchor_and_nothing_else(
    stamps: Stamps, chain: Chain, session: Any, clock: Any, client: Any
) -> None:
    chain.node.stop()
    batch = stamps.issue(300)
    lot = stamps.activate(batch, 0, 9)
    settled = run(chain_app(), "ledger", "anchor", "--wait", "0")["ledgers"]
    assert settled["notary"]["anchored_size"] == 2
    assert (settled["evm"]["anchored_size"], settled["evm"]["late"]) == (0, True)
    assert "đang chờ sổ cái" in client.get(f"/s/{stamps.serial(batch, 0)}").text
    stamps.recall(lot)
    asked = client.get(f"/s/{stamps.serial(batch, 1)}", headers={"Accept": "application/json"})
    assert asked.get_json()["verdict"] == "recalled"
    clock.move(minutes=11)
    assert late_ledgers(session, now=clock.now(), ledgers=stamps.world.ledgers) == ["ledger:evm"]
    assert "ledger:evm" in client.get("/readyz").get_json()["degraded"]


def test_d2_a_reorganisation_goes_back_to_sent_and_lands_once(
    stamps: Stamps, chain: Chain, session: Any, clock: Any
) -> None:
    stamps.issue(300)
    settle(stamps, chain, blocks=1)
    assert state(session) == ["confirmed"]
    chain.node.reorganise(1)
    clock.move(minutes=1)
    assert not anchor(stamps.world)
    assert state(session) == ["sent"]
    anchor(stamps.world)
    assert state(session) == ["sent"]
    chain.node.mine()
    clock.move(minutes=1)
    anchor(stamps.world)
    assert state(session) == ["confirmed"]
    assert chain.sent() == len(chain.anchors()) == 1
    assert len(session.scalars(select(TraceTransaction).where(TraceTransaction.origin.is_not(None))).all()) == 1


def test_d3_a_reorganisation_below_finality_is_disputed_and_a_person_releases_it(
    stamps: Stamps, chain: Chain, session: Any, clock: Any
) -> None:
    batch = stamps.issue(300)
    settle(stamps, chain)
    stamps.activate(batch, 0, 9)
    chain.node.mine(30)
    settle(stamps, chain)
    assert state(session) == ["final", "final"]
    assert watch(stamps.world, stamps.world.ledgers) == 0
    chain.node.reorganise(5)
    assert watch(stamps.world, stamps.world.ledgers) == 1
    assert state(session) == ["final", "disputed"]
    assert cases(session) == ["ledger.disputed"]
    standing = ledger_standing(session, ledger="evm")
    assert (standing.anchored_size, len(standing.needs_person)) == (1, 1)
    released = run(chain_app(), "ledger", "release", str(standing.needs_person[0]), "--note", "the chain was forked")
    assert released["state"] == "pending"
    settle(stamps, chain)
    assert state(session) == ["final", "final"]
    assert len(chain.anchors()) == 2


def test_what_needs_a_person_opens_a_case_and_is_not_called_anchored(
    stamps: Stamps, chain: Chain, session: Any, clock: Any
) -> None:
    stamps.issue(300)
    chain.node.fund(chain.account, 0)
    settle(stamps, chain)
    assert (state(session), cases(session)) == (["sent"], ["ledger.stopped"])
    assert "ledger_no_funds" in session.scalars(select(Case.reason)).one()
    chain.node.fund(chain.account)
    clock.move(minutes=11)
    settle(stamps, chain)
    assert state(session) == ["final"]


def test_d8_what_will_never_work_fails_with_a_reason(stamps: Stamps, chain: Chain, session: Any, clock: Any) -> None:
    stamps.issue(300)
    chain.node.rpc("anvil_setCode", chain.contract, "0x60006000fd")
    settle(stamps, chain)
    assert (state(session), cases(session)) == (["failed"], ["ledger.stopped"])
    clock.move(days=1)
    assert not anchor(stamps.world)
    assert chain.sent() == 0


def test_the_commands(app: Any, stamps: Stamps, chain: Chain, session: Any, tmp_path: Path) -> None:
    values = dict(stamps.world.settings.values)
    app.extensions["world"] = replace(stamps.world, settings=Settings(values={**values, "LEDGER_URL": "notary:"}))
    assert run(app, "ledger", "deploy", code=1)["code"] == "stamps.no_chain"
    app.extensions["world"] = stamps.world
    owner = tmp_path / "owner"
    owner.write_text(sha256(b"owner").hexdigest())
    chain.node.fund(account_of(SenderKey(str(owner)).read()))
    chain.node.rpc("evm_setAutomine", True)
    made = run(app, "ledger", "deploy", "--owner-key-file", str(owner))
    assert made["sender"] == chain.account
    assert chain.node.rpc("eth_getCode", made["contract"], "latest") == "0x" + artefact().runtime.hex()
    assert made["contract"] != chain.contract
    assert run(app, "ledger", "take-over", "--note", "nothing was strange")["nonce"] == 1
    chain.node.fund(chain.account, 0)
    assert run(app, "ledger", "deploy", code=1)["code"] == "ledger_no_funds"


def test_anybody_checks_the_anchor_at_the_node(
    stamps: Stamps, chain: Chain, client: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = stamps.issue(300)
    settle(stamps, chain)
    proof = tmp_path / "stamp.txt"
    proof.write_text(client.get(f"/s/{stamps.serial(batch, 7)}/proof").text, "utf-8")
    key = stamps.world.log_signer.keys.verifiers(stamps.world.log_signer.origin)[-1].text()

    def verify(*more: str) -> tuple[int, dict[str, Any]]:
        code = main(["verify", str(proof), "--log-key", key, "--json", *more])
        return code, json.loads(capsys.readouterr().out)

    place = ("--chain-id", str(CHAIN_ID), "--contract", chain.contract)
    code, said = verify("--ledger", chain.node.url, *place)
    assert (code, said["anchor"]) == (0, "checked")
    assert "final" in said["anchored"] and chain.contract in said["anchored"]
    assert verify()[1]["anchor"] == "not checked"
    assert verify("--ledger", chain.node.url)[0] == 2
    assert verify("--ledger", "http://127.0.0.1:9", *place)[0] == 2
    assert verify("--ledger", f"notary:{tmp_path}/notary.jsonl")[0] == 2
    assert verify("--ledger", chain.node.url, "--chain-id", "5", "--contract", chain.contract)[1]["code"] == (
        "chain_id_differs"
    )
    chain.node.reorganise(chain.node.height() - 1)
    assert verify("--ledger", chain.node.url, *place)[0] == 1
    without = (
        "import sys; from traceability.cli import main; main(); assert not {'web3', 'requests'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", without, "verify", str(proof), "--log-key", key]
    assert subprocess.run(command, capture_output=True, timeout=120).returncode == 0
