"""The catalogue: its lock, its recounts on both engines, its words, and the commands."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from portal.adoption.errors import LockStale
from portal.adoption.lock import FILE, changed_in_silence, lines_of, read_lock, write_lock
from portal.adoption.source import source_rows
from portal.adoption.words import KINDS, OWNERS, PRIVACY, UNITS, VALUES
from portal.counting import TOTAL, Catalogue
from portal.counting.periods import parse_period
from tests.portal.adoption.conftest import LONG_AN, NOW, Province


def _changed(catalogue: Catalogue, code: str, **changes: Any) -> Catalogue:
    return Catalogue(
        [replace(one, **changes) if one.code == code else one for one in catalogue], values=catalogue.values
    )


def test_the_lock_holds_every_indicator_as_it_is(app: Any) -> None:
    """Somebody who changed a text raises its version and runs `flask adoption lock`."""
    assert read_lock().lines == lines_of(app.extensions["catalogue"])


@pytest.mark.parametrize("change", [{"definition_vi": "khác"}, {"recount_sql": {TOTAL: "SELECT 1"}}, {"unit": "x"}])
def test_a_text_that_changes_in_silence_is_named(app: Any, tmp_path: Path, change: dict[str, Any]) -> None:
    catalogue, path = app.extensions["catalogue"], tmp_path / "lock"
    first = write_lock(catalogue, path)
    assert write_lock(catalogue, path) == first
    changed = _changed(catalogue, "SAFE_CHAIN_EST", **change)
    assert changed_in_silence(first, changed) == ["SAFE_CHAIN_EST"]
    with pytest.raises(LockStale):
        write_lock(changed, path)
    assert read_lock(path) == first
    raised = _changed(catalogue, "SAFE_CHAIN_EST", **change, version=2)
    assert changed_in_silence(first, raised) == []
    assert write_lock(raised, path).version == first.version + 1


def test_the_lock_is_one_line_an_indicator() -> None:
    lines = FILE.read_text("utf-8").splitlines()
    assert re.fullmatch(r"catalogue \d+", lines[0])
    assert all(re.fullmatch(r"[A-Z_]+ \d+ [0-9a-f]{16}", line) for line in lines[1:])


def test_every_recount_runs_here_and_gives_area_cut_and_value(province: Province) -> None:
    ran = 0
    for one in province.catalogue:
        for sql in (*one.recount_sql.values(), *one.contributors_sql.values()):
            rows = source_rows(province.session, sql, parse_period("2022-04"))
            assert rows == [] or one.code == "COMMUNE_TOTAL"  # the units are loaded, nothing else
            ran += 1
    assert ran > 30


def test_every_code_has_its_words(app: Any) -> None:
    catalogue = app.extensions["catalogue"]
    for one in catalogue:
        assert one.unit in UNITS
        assert one.kind in KINDS
        assert one.privacy in PRIVACY
        assert one.owner in OWNERS
        assert {cut.dimension for cut in one.cuts} <= catalogue.values.keys()
        for cut in catalogue.cuts_of(one):
            assert cut == TOTAL or cut.partition("@")[2] in VALUES
            assert re.fullmatch(r"[A-Za-z0-9_@$-]+", cut)


def test_the_recount_command_says_so_and_fails_on_a_difference(engines: Any, engine_name: str) -> None:
    """On a database of its own: one count and one source row falsified by SQL, exit 1 for each."""
    from portal import create_app
    from portal.db import begin, db
    from portal.places.actions import load_units
    from tests.portal.adoption.conftest import ACTING
    from tests.portal.places.conftest import SUCCESSIONS, UNITS

    app = create_app(engines.settings(engines.fresh(engine_name)))
    with app.app_context():
        with begin() as session:
            load_units(session, now=NOW, acting=ACTING, units=UNITS, successions=SUCCESSIONS)
        with begin() as session:
            province = Province(session, app.extensions["catalogue"])
            for number in range(6):
                province.account(province.seller(number % 2))
            province.publish()
        db.session.remove()

    def run() -> tuple[int, dict[str, Any]]:
        result = app.test_cli_runner().invoke(args=["adoption", "recount", "--json"])
        return result.exit_code, json.loads(result.output.splitlines()[-1])

    def falsify(sql: str) -> None:
        with app.app_context(), begin() as session:
            assert session.execute(text(sql)).rowcount >= 1  # type: ignore[attr-defined]

    code, found = run()
    assert (code, found["mismatches"], found["awaiting_revision"]) == (0, [], 0)
    assert found["cells"] > 100
    assert set(found) == {"snapshot_at", "cells", "mismatches", "awaiting_revision", "seconds"}
    falsify("UPDATE adopt_cell SET net = net + 1, closing = closing + 1 WHERE cut = '_T' AND indicator = 'HH_ACCOUNT'")
    code, found = run()
    assert code == 1
    assert {one["area"] for one in found["mismatches"]} == set(province.communes[:2])
    falsify("UPDATE adopt_cell SET net = net - 1, closing = closing - 1 WHERE cut = '_T' AND indicator = 'HH_ACCOUNT'")
    assert run()[0] == 0
    falsify("DELETE FROM channel_account WHERE id = (SELECT min(id) FROM channel_account)")
    code, found = run()
    assert code == 1
    assert {one["clause"] for one in found["mismatches"]} == {"a", "b"}
    assert LONG_AN in {one["area"] for one in found["mismatches"] if one["clause"] == "b"}
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
