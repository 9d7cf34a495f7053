"""Makes data/units.csv and data/successions.csv; run by hand, its result is checked in (see data/SOURCES.md).

    python -m portal.places.build [--wheels DIRECTORY]

The packages are fetched as wheels and read as data: none of them is installed or imported. Three layers come out:
known since 2021 (January 2025 plus what data/changes_2024.csv says ended in 2024), January 2025, and July 2025.
"""

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace
from datetime import date
from pathlib import Path

from portal.places.areas import area_id
from portal.places.files import DATA, SuccessionRow, UnitRow
from portal.places.packages import AdminUnitsPackage, Key, Listed, read_conversion, read_january, read_today

WHEELS = {
    "vietnam_provinces-0.6.0": ("vietnam-provinces==0.6.0", "3.11"),
    "vietnam_provinces-2025.10.1": ("vietnam-provinces==2025.10.1", "3.11"),
    "vietnam_provinces-2026.9.0": ("vietnam-provinces==2026.9.0", "3.12"),
    "vietnamadminunits-1.0.4": ("vietnamadminunits==1.0.4", "3.11"),
}
# "Known since". What the other provinces changed in 2024 isn't recorded here: their units are known from January 2025.
LAYER_1, JANUARY, REFORM = date(2021, 1, 1), date(2025, 1, 1), date(2025, 7, 1)
LAYER_1_PROVINCES = {"72", "80", "82", "87", "89", "91"}
PROVINCES_DOC = "202/2025/QH15"
COMMUNES_DOC = {"80": "1682/NQ-UBTVQH15", "82": "1663/NQ-UBTVQH15", "91": "1654/NQ-UBTVQH15"}


def fetch(directory: Path) -> None:
    """Download the wheels, and nothing that they would need to run."""
    for requirement, python in WHEELS.values():
        options = ["--no-deps", "--only-binary", ":all:", "--python-version", python, "--dest", str(directory)]
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *options, requirement], check=True)


def settle_codes(today: Sequence[Listed], package: AdminUnitsPackage, second: Sequence[Listed]) -> list[Listed]:
    """Return today's units under the code that two of the three lists give them."""
    second_codes = {unit.key: unit.code for unit in second}
    settled = []
    for unit in today:
        others = {package.code_by_key.get(unit.key), second_codes.get(unit.key)}
        (agreed,) = others if len(others) == 1 and unit.parent else {None}
        settled.append(replace(unit, code=agreed or unit.code))
    return settled


def unchanged_provinces(january: Sequence[Listed], today: Sequence[Listed], package: AdminUnitsPackage) -> set[str]:
    """Return the codes of the provinces that took in no other and kept their code: they didn't end."""
    heirs = list(package.province_became.values())
    codes = {unit.key: unit.code for unit in today if not unit.parent}
    before = (unit for unit in january if not unit.parent)
    return {unit.code for unit in before if codes.get(unit.key) == unit.code and heirs.count(unit.key) == 1}


def january_units(january: Sequence[Listed], unchanged: set[str]) -> list[UnitRow]:
    """Return the units of January 2025; `parent` is still a bare code."""
    province = {unit.key[0]: unit.code for unit in january if not unit.parent}
    rows = []
    for unit in january:
        since = LAYER_1 if province[unit.key[0]] in LAYER_1_PROVINCES else JANUARY
        ended = None if not unit.parent and unit.code in unchanged else REFORM
        rows.append(UnitRow(unit.code, unit.name, unit.kind, unit.parent, since, ended, ""))
    return rows


def today_units(today: Sequence[Listed], unchanged: set[str]) -> list[UnitRow]:
    """Return the units that the reform made; `parent` is still a bare code."""
    rows = []
    for unit in today:
        if unit.parent or unit.code not in unchanged:
            doc = COMMUNES_DOC.get(unit.parent, "") if unit.parent else PROVINCES_DOC
            rows.append(UnitRow(unit.code, unit.name, unit.kind, unit.parent, REFORM, None, doc))
    return rows


def with_changes_of_2024(units: Iterable[UnitRow], changes: Path) -> tuple[list[UnitRow], list[SuccessionRow]]:
    """Return the units with those that ended in 2024 put back, and what became of these."""
    carried_on = {unit.code: unit for unit in units}
    ended, successions = [], []
    with changes.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        code, on, doc = line["code"], date.fromisoformat(line["on"]), line["legal_doc"]
        ended.append(UnitRow(code, line["name"], line["kind"], line["parent"], LAYER_1, on, ""))
        if code in carried_on:
            carried_on[code] = replace(carried_on[code], valid_from=on, legal_doc=doc)
    for line, unit in zip(lines, ended, strict=True):
        for code in line["to"].split():
            heir = carried_on[code]
            successions.append(SuccessionRow(unit.id, heir.id, line["extent"], line["legal_doc"], line["basis"]))
    return [*carried_on.values(), *ended], successions


def reform_successions(
    january: Sequence[Listed],
    ids: dict[str, str],
    new: Sequence[UnitRow],
    package: AdminUnitsPackage,
    second: dict[str, set[str]],
) -> list[SuccessionRow]:
    """Return what the units of January 2025 became: whole where both maps agree on one unit, else part."""
    new_ids = {unit.code: unit.id for unit in new}
    docs = {unit.code: unit.legal_doc for unit in new}
    code_by_old_key = {key: code for code, key in package.old_key_by_code.items()}
    rows = []
    for unit in january:
        # By code if the package has it, else by name: vietnam-provinces 0.6.0 has some wards under other codes.
        known = package.old_key_by_code.get(unit.code) or (unit.key if unit.key in package.became else None)
        first = package.became.get(known, set()) if known else set()
        code = unit.code if unit.code in second else code_by_old_key.get(unit.key, "")
        other = second.get(code, set())
        extent, basis = judge(first, other, is_commune=len(unit.key) == 3)
        for target in sorted(first | other):
            rows.append(SuccessionRow(ids[unit.code], new_ids[target], extent, docs[target], basis))
    return rows


def judge(first: set[str], other: set[str], *, is_commune: bool) -> tuple[str, str]:
    """Return extent and basis of what two maps say; the second one knows communes only."""
    if first != other and is_commune:
        return "part", "disagreement"
    return ("whole", "agreed" if is_commune else "one source") if len(first) == 1 else ("part", "split")


def province_successions(
    january: Sequence[Listed],
    ids: dict[str, str],
    new: Sequence[UnitRow],
    today: Sequence[Listed],
    package: AdminUnitsPackage,
) -> list[SuccessionRow]:
    """Return what became of the provinces that ended: each went whole into one."""
    new_ids = {unit.code: unit.id for unit in new}
    codes: dict[Key, str] = {unit.key: unit.code for unit in today if not unit.parent}
    ended = [unit for unit in january if not unit.parent and unit.code in ids]
    return [
        SuccessionRow(ids[unit.code], new_ids[codes[package.province_became[unit.key]]], "whole", PROVINCES_DOC, "law")
        for unit in ended
    ]


def resolve_parents(units: Sequence[UnitRow]) -> list[UnitRow]:
    """Return the units with the id of the unit above, as it was on their first day, in place of its code."""
    by_code: dict[str, list[UnitRow]] = {}
    for unit in units:
        by_code.setdefault(unit.code, []).append(unit)
    resolved = []
    for unit in units:
        above = [
            parent.id
            for parent in by_code.get(unit.parent, ())
            if parent.valid_from <= unit.valid_from and (parent.valid_to is None or unit.valid_from < parent.valid_to)
        ]
        (parent_id,) = above or [""]
        resolved.append(replace(unit, parent=parent_id))
    return sorted(resolved, key=lambda unit: (unit.code, unit.valid_from))


def build(wheels: Path) -> tuple[list[UnitRow], list[SuccessionRow]]:
    """Return the lines of both files, made from the wheels in this directory and the table of 2024."""
    path = {stem: next(wheels.glob(f"{stem}-*.whl")) for stem in WHEELS}
    january = read_january(path["vietnam_provinces-0.6.0"])
    package = AdminUnitsPackage(path["vietnamadminunits-1.0.4"])
    second = path["vietnam_provinces-2026.9.0"]
    today = settle_codes(read_today(path["vietnam_provinces-2025.10.1"]), package, read_today(second))
    unchanged = unchanged_provinces(january, today, package)
    old, of_2024 = with_changes_of_2024(january_units(january, unchanged), DATA / "changes_2024.csv")
    new = today_units(today, unchanged)
    ids = {unit.code: area_id(unit.code, unit.valid_from) for unit in old if unit.valid_to == REFORM}
    successions = of_2024 + province_successions(january, ids, new, today, package)
    successions += reform_successions(january, ids, new, package, read_conversion(second))
    return resolve_parents([*old, *new]), sorted(successions, key=astuple)


def write(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    """Write one CSV file, byte for byte the same from the same rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(["" if cell is None else cell for cell in row] for row in rows)


def main() -> None:
    """Fetch what is not there yet, build both files and say how long they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, help="where the wheels are already")
    wheels: Path | None = parser.parse_args().wheels
    with tempfile.TemporaryDirectory() as directory:
        if wheels is None:
            wheels = Path(directory)
            fetch(wheels)
        units, successions = build(wheels)
    write(DATA / "units.csv", "code,name,kind,parent,valid_from,valid_to,legal_doc", map(astuple, units))
    write(DATA / "successions.csv", "from,to,extent,legal_doc,basis", map(astuple, successions))
    print(f"{len(units)} units, {len(successions)} successions")


if __name__ == "__main__":
    main()
