"""`make sbom`: every pinned package once, told apart by whether it runs in production, the same on every machine."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.bill_of_materials import bill

HERE = Path(__file__).parents[2]


def pins(name: str) -> set[str]:
    """Read the pins by splitting lines, without the bill's own reading."""
    lines = (line.split() for line in (HERE / name).read_text("utf-8").splitlines())
    return {words[0].partition(";")[0].lower() for words in lines if words and "==" in words[0]}


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bill())
    return found


def test_every_pin_stands_there_once(listed: dict[str, Any]) -> None:
    counted = Counter(one["purl"] for one in listed["components"])
    python = {purl.removeprefix("pkg:pypi/").replace("@", "==") for purl in counted if purl.startswith("pkg:pypi/")}
    assert len(python) > 100
    assert python == {
        pin.replace("_", "-")
        for name in ("requirements.txt", "requirements-dev.txt", "tests/npm/node.txt")
        for pin in pins(name)
    }
    npm = json.loads((HERE / "tests/npm/package-lock.json").read_text("utf-8"))["packages"]
    from_others = [path for path, facts in npm.items() if "integrity" in facts]
    assert len([purl for purl in counted if purl.startswith("pkg:npm/")]) == len(from_others)
    assert set(counted.values()) == {1}


def test_what_runs_in_production_is_told_apart_and_all_have_hashes(listed: dict[str, Any]) -> None:
    runs = {f"{one['name']}=={one['version']}" for one in listed["components"] if one["scope"] == "required"}
    assert runs == pins("requirements.txt")
    assert all(one["hashes"] for one in listed["components"])
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    assert listed["metadata"]["component"]["name"] == "cho-so"
    [root] = [one for one in listed["dependencies"] if one["ref"] == "root"]
    assert len(root["dependsOn"]) == len(runs)


def test_the_same_pins_give_the_same_bytes() -> None:
    assert bill() == bill()
