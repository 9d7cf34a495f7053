"""From the cells of a line to what it tells of a household or firm: values, keys, a digest, every problem at once.

Nothing here reads the database but the places, once per text.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from portal.crypto import FieldKeys
from portal.onboarding.errors import AnswerRefused
from portal.onboarding.rosters import cells as read
from portal.onboarding.rosters.fields import GROUPS, RowProblem, kind_of_list
from portal.onboarding.rosters.legacy import convert
from portal.onboarding.rosters.matching import Match, PlaceMatcher
from portal.onboarding.rosters.parsed import Parsed
from portal.onboarding.validators import plain
from portal.places.names import fold
from portal.uploads.sheets import composed

DIGEST_LENGTH = 32
_FIRM_NAME = 200
_TOTALS = re.compile(r"^(tong|cong|tong cong|tong so|cong don)\b")
_TEXTS = {"hamlet": 80, "grown": 300, "land": 60}
PROGRAMMES = {"smedx": "smedx", "sme dx": "smedx", "chuong trinh smedx": "smedx"}
SECTORS = {
    "nong nghiep": "agri", "nong san": "agri", "thuy san": "agri", "agri": "agri", "thuc pham": "food",
    "che bien": "food", "che bien thuc pham": "food", "food": "food", "thu cong": "craft",
    "thu cong my nghe": "craft", "craft": "craft",
}  # fmt: skip


class RowReader:
    """Reads the lines of one list by its mapping (field → column)."""

    def __init__(
        self,
        *,
        mapping: Mapping[str, int],
        legacy: Mapping[int, str],
        keys: FieldKeys,
        matcher: PlaceMatcher,
        this_year: int,
    ) -> None:
        self.kind = kind_of_list(mapping)
        width = max(mapping.values(), default=0) + 1
        self._column = defaultdict(lambda: width, mapping)  # a field without a column is read from an empty cell
        self._columns = sorted((code, column) for code, column in mapping.items() if code != "number")
        self._told = [(f"{code}=", column) for code, column in self._columns]
        self._legacy, self._keys, self._matcher, self._this_year = dict(legacy), keys, matcher, this_year
        self._groups = [
            (group, [(one.code, mapping[one.code]) for one in group.fields if one.code in mapping])
            for group in GROUPS.values()
            if any(one.code in mapping for one in group.fields)
        ]
        self._width = width
        self._places: dict[tuple[str, str, str, str], tuple[str, Match | None, tuple[RowProblem, ...]]] = {}

    def read(self, lines: Iterator[tuple[int, Sequence[str]]]) -> Iterator[Parsed]:
        """Yield each line that tells of anybody; blank ones and totals are none."""
        for row, line in lines:
            cells = self._clean(line)
            if self._is_nothing(cells):
                continue
            yield self._household(row, cells) if self.kind == "household" else self._firm(row, cells)

    def skim(self, row: int, line: Sequence[str], *, refused: bool) -> Parsed | None:
        """Return of a line that has its outcome only what later lines may repeat: its keys, its name and phone.

        Nothing of a line that tells of nobody, or whose own cells were what it was `refused` for.
        """
        cells = self._clean(line)
        if self._is_nothing(cells):
            return None
        found = Parsed(row)
        if self.kind == "firm":
            self._tax(found, cells)
        else:
            self._identity(found, cells)
        if refused or found.known_by is None:
            found = self._household(row, cells) if self.kind == "household" else self._firm(row, cells)
        elif self.kind == "household":
            self._name(found, cells)
            self._phone(found, cells)
        return None if found.rejected else found

    def _clean(self, line: Sequence[str]) -> list[str]:
        cells = [*line[: self._width], ""]  # the last one is always empty
        if len(cells) <= self._width:
            cells += [""] * (self._width + 1 - len(cells))
        for column, scheme in self._legacy.items():
            if column < self._width:
                cells[column] = convert(cells[column], scheme=scheme)
        return cells

    def _is_nothing(self, cells: Sequence[str]) -> bool:
        told = [cells[column] for _, column in self._columns if cells[column]]
        if not told or (not told[0].strip() and not any(cell.strip() for cell in told)):
            return True
        if len(told) > 4:
            return False
        first = next((cell for cell in cells if cell.strip()), "")
        return bool(_TOTALS.match(fold(first)))

    def _digest(self, cells: Sequence[str]) -> str:
        text = "\x1f".join([code + cells[column] for code, column in self._told])
        return self._keys.index("roster.row", text)[:DIGEST_LENGTH]

    def _household(self, row: int, cells: list[str]) -> Parsed:
        found = Parsed(row)
        found.digest = self._digest(cells)
        self._name(found, cells)
        self._identity(found, cells)
        self._phone(found, cells)
        self._place(found, cells)
        for code in ("hamlet", "grown"):
            setattr(found, code, self._text(found, cells, code))
        land = self._text(found, cells, "land")
        if land:
            found.grown = f"{found.grown}; {land}"[: _TEXTS["grown"]] if found.grown else land
        found.food_safety = read.read_food_safety(cells[self._column["food_safety"]])
        found.payment = read.read_yes(cells[self._column["payment"]])
        found.phone_confirmed = bool(found.phone) and read.read_yes(cells[self._column["phone_confirmed"]]) is True
        found.confirmed = read.read_yes(cells[self._column["confirmed"]]) is True
        self._extras(found, cells)
        if not found.rejected:
            found.key = self._source_key(found, cells)
        return found

    def _firm(self, row: int, cells: list[str]) -> Parsed:
        found = Parsed(row)
        found.digest = self._digest(cells)
        found.name, cut = read.read_text(composed(cells[self._column["name"]]), most=_FIRM_NAME)
        if not found.name:
            found.tell(RowProblem("name", "name.empty"))
        elif found.name[0] in "=+@" or cut:
            found.tell(RowProblem("name", "name.characters" if not cut else "name.length"))
        self._tax(found, cells)
        self._place(found, cells)
        programme = fold(cells[self._column["programme"]])
        if programme:
            found.programme = PROGRAMMES.get(programme)
            if found.programme is None:
                found.tell(RowProblem("programme", "programme.unknown"))
        sector = fold(cells[self._column["sector"]])
        if sector:
            found.sector = SECTORS.get(sector, "other")
            if sector not in SECTORS:
                found.tell(RowProblem("sector", "sector.unknown", "note"))
        self._extras(found, cells)
        return found

    def _name(self, found: Parsed, cells: Sequence[str]) -> None:
        text = cells[self._column["name"]]
        if self._column["name"] == self._width:
            text = f"{cells[self._column['family_name']]} {cells[self._column['given_name']]}"
        try:
            found.name = read.read_name(text.strip())
        except AnswerRefused as error:
            found.tell(RowProblem("name", error.code, "problem", error.fields))
        else:
            found.name_index = self._keys.index("name", read.name_key(found.name))

    def _phone(self, found: Parsed, cells: Sequence[str]) -> None:
        found.phone, found.phone2, told = read.read_phone(cells[self._column["phone"]])
        if told:
            found.tell(*told)
        if found.phone is not None:
            found.phone_index = self._keys.index("phone", found.phone)

    def _identity(self, found: Parsed, cells: Sequence[str]) -> None:
        sex, understood = read.read_sex(cells[self._column["sex"]])
        if not understood:
            found.tell(RowProblem("sex", "sex.unknown", "warning"))
        birth_year, told = read.read_birth(cells[self._column["birth"]], this_year=self._this_year)
        number, more = read.read_id(
            cells[self._column["id_number"]], this_year=self._this_year, sex=sex, birth_year=birth_year
        )
        if told or more:
            found.tell(*told, *more)
        found.id_number = number
        if number is not None:
            found.sex, found.birth_year = number.sex or sex, number.birth_year or birth_year
            found.id_index = self._keys.index(f"id.{number.kind}", number.value)
        else:
            found.sex, found.birth_year = sex, birth_year

    def _tax(self, found: Parsed, cells: Sequence[str]) -> None:
        told = read.read_tax_code(cells[self._column["tax_code"]])
        if isinstance(told, RowProblem):
            found.tell(told)
            return
        found.tax = told
        found.tax_index = self._keys.index(f"tax.{told[0]}", told[1])

    def _place(self, found: Parsed, cells: Sequence[str]) -> None:
        column = self._column
        commune, address = cells[column["commune"]], cells[column["place"]]
        written = (commune, "" if commune.strip() else address, cells[column["district"]], cells[column["province"]])
        known = self._places.get(written)
        if known is None:
            known = self._places[written] = self._meant(*[part.strip() for part in written])
        found.place_raw, found.match, told = known
        if told:
            found.tell(*told)

    def _meant(
        self, commune: str, address: str, district: str, province: str
    ) -> tuple[str, Match | None, tuple[RowProblem, ...]]:
        """Return a place as it is kept, what it means, and what there is to tell of it."""
        if not commune and not address:
            return "", None, (RowProblem("commune", "place.missing"),)
        parts = (commune, district, province) if commune else (address,)
        raw = ", ".join([part for part in parts if part])[:200]
        match = self._matcher.match(composed(commune or address), composed(district), composed(province))
        if not commune:
            match = self._by_address(address, match)
        told: tuple[RowProblem, ...] = ()
        if not match.reached:
            told = (RowProblem("commune", "place.out_of_reach"),)
        elif match.candidates:
            named = "; ".join(match.candidates)
            told = (RowProblem("commune", "place.ambiguous", "warning", {"candidates": named}),)
        elif match.captured_unit_id is None:
            told = (RowProblem("commune", "place.unknown", "warning"),)
        return raw, match, told

    def _by_address(self, address: str, match: Match) -> Match:
        """Leave out street and hamlet, one by one from the front, until a commune is found."""
        parts = [part.strip() for part in composed(address).split(",") if part.strip()]
        while match.captured_unit_id is None and not match.candidates and len(parts) > 1:
            parts = parts[1:]
            match = self._matcher.match(", ".join(parts))
        return match

    def _text(self, found: Parsed, cells: Sequence[str], code: str) -> str | None:
        raw = cells[self._column[code]]
        if not raw:
            return None
        text, cut = read.read_text(raw, most=_TEXTS[code])
        if cut:
            found.tell(RowProblem(code, "text.too_long", "note"))
        return text or None

    def _extras(self, found: Parsed, cells: Sequence[str]) -> None:
        for group, columns in self._groups:
            values, told = group.read({code: cells[column] for code, column in columns})
            if told:
                found.tell(*told)
            if values is not None:
                found.extra[group.name] = values

    def _source_key(self, found: Parsed, cells: Sequence[str]) -> str | None:
        """Return the key of a line within its source where it has no ID number: its own code, else a fingerprint."""
        code = plain(cells[self._column["code"]])
        if code:
            return self._keys.index("roster.code", code)
        if found.id_number is not None:
            return None
        match = found.match
        parts = (
            read.name_key(found.name), str(found.birth_year or ""), (match.captured_unit_id if match else "") or "",
            fold(found.hamlet or ""), found.phone or "",
        )  # fmt: skip
        return self._keys.index("roster.fingerprint", "\x1f".join(parts))
