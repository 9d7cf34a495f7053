"""Invented people and firms of Tiền Giang in 2022, as a province's own lists would tell of them. Pure, and repeatable.

What makes a household eligible or not is in its cells: the rules find it, no figure is typed in anywhere.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stdnum.vn import mst

HOUSEHOLDS, ELIGIBLE, FIRMS = 170_247, 105_336, 1_923
WITHOUT_ACCOUNT, TWICE, UNREADABLE = 180, 24, 12
SEED = 2022
HEADINGS = (
    "STT", "Họ và tên chủ hộ", "Giới tính", "Năm sinh", "Số CCCD", "Điện thoại", "Ấp", "Xã/Phường", "Huyện",
    "Sản phẩm", "ATTP", "Nhận chuyển khoản", "Xác nhận điện thoại", "Xã xác nhận", "Sàn", "Mã tài khoản", "Trạng thái",
)  # fmt: skip
FIRM_HEADINGS = ("STT", "Tên doanh nghiệp", "Mã số thuế", "Xã/Phường", "Huyện", "Ngành", "Chương trình")

_FAMILIES = (
    "Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Lê", "Phạm", "Huỳnh", "Huỳnh", "Phan", "Võ", "Võ", "Đặng",
    "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Đoàn", "Trương", "Lý", "Mai", "Cao", "Châu", "Tô", "Thái", "Lâm", "Kiều",
)  # fmt: skip
_MEN = ("Văn", "Hữu", "Minh", "Thành", "Hoàng", "Công", "Quốc", "Ngọc", "Đức", "Tấn", "Thanh", "Trung")
_WOMEN = ("Thị", "Thị", "Thị", "Ngọc", "Kim", "Mỹ", "Thị Kim", "Thị Ngọc", "Thị Bé", "Thanh", "Thị Mỹ", "Thị Hồng")
_MENS_NAMES = (
    "Hùng", "Dũng", "Tâm", "Út", "Bảy", "Lợi", "Phước", "Lộc", "Thọ", "Nghĩa", "Sơn", "Hải", "Khánh", "Tuấn", "Bình",
    "Đạt", "Nam", "Phú", "Quang", "Sang", "Tài", "Thắng", "Toàn", "Trí", "Vinh", "Hiếu", "Hòa", "Long", "Mẫn", "Nhân",
)  # fmt: skip
_WOMENS_NAMES = (
    "Hạnh", "Lan", "Mai", "Hoa", "Cúc", "Đào", "Hương", "Thủy", "Nga", "Liên", "Phượng", "Tuyết", "Loan", "Oanh",
    "Sáu", "Tư", "Vân", "Yến", "Xuân", "Thu", "Trang", "Thảo", "Nhung", "Ngân", "Lệ", "Diễm", "Gấm", "Hằng", "Linh",
)  # fmt: skip
_GROWN = (
    "Sầu riêng, {n} công", "Xoài cát Hòa Lộc, {n} công", "Thanh long, {n} công", "Bưởi da xanh, {n} công",
    "Khóm, {n} công", "Lúa, {n} công", "Vú sữa Lò Rèn, {n} công", "Mít Thái, {n} công", "Dừa, {n} công",
    "Rau màu, {n} công", "Sơ ri, {n} công", "Gà thả vườn, {n}00 con", "Tôm, {n} công", "Nghêu, {n} công",
)  # fmt: skip
_SPANS = (
    "32", "33", "34", "35", "36", "37", "38", "39", "70", "76", "77", "78", "79", "83", "84", "85", "90", "91", "93",
    "94", "96", "97", "98",
)  # fmt: skip
_BIRTH_PROVINCES = ("082",) * 18 + ("080", "083", "079", "087", "086", "072")
_HAMLETS = 8
_TRADES = (("Nông sản", 6), ("Thực phẩm", 4), ("Thủ công mỹ nghệ", 1), ("Cơ khí", 3), ("Vận tải", 2), ("Xây dựng", 3))
_FIRM_NAMES = (
    "Trái cây", "Thủy sản", "Gạo", "Thực phẩm", "Xuất nhập khẩu", "Bao bì", "Cơ khí", "Vận tải", "Xây dựng",
    "Dừa sấy", "Mỹ nghệ", "Giống cây trồng", "Phân bón", "May mặc", "In ấn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A commune as lists write it: its name and its district's."""

    commune: str
    district: str


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of each a scaled load has."""

    households: int
    eligible: int
    without_account: int
    twice: int
    unreadable: int
    firms: int

    @classmethod
    def scaled(cls, scale: float) -> "Plan":
        """Return the plan at a scale; small ones still have one of each kind."""

        def part(whole: int, least: int) -> int:
            return max(least, round(whole * scale))

        return cls(
            part(HOUSEHOLDS, 60), part(ELIGIBLE, 37), part(WITHOUT_ACCOUNT, 2), part(TWICE, 1), part(UNREADABLE, 1),
            part(FIRMS, 8),
        )  # fmt: skip


class _Person:
    """Makes people: names, numbers that no two share, telephones that some families share."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self._drawn, self._phones = chance, dict[str, int](), 0
        self._last_phone = ""

    def draw(self) -> list[str]:
        """Return name, sex, year, ID number, phone."""
        chance = self._chance
        man = chance.random() < 0.62
        family = chance.choice(_FAMILIES)
        middle, given = chance.choice(_MEN if man else _WOMEN), chance.choice(_MENS_NAMES if man else _WOMENS_NAMES)
        year = 1945 + int(chance.triangular(0, 57, 28))
        century = (0 if man else 1) + (2 if year >= 2000 else 0)
        start = f"{chance.choice(_BIRTH_PROVINCES)}{century}{year % 100:02d}"
        self._drawn[start] = number = self._drawn.get(start, chance.randrange(1_000)) + 1
        return [
            f"{family} {middle} {given}", "Nam" if man else "Nữ", str(year), f"{start}{number * 7919 % 1_000_000:06d}",
            self._phone(),
        ]  # fmt: skip

    def _phone(self) -> str:
        if self._last_phone and self._chance.random() < 0.03:
            return self._last_phone
        self._phones += 1
        span = _SPANS[self._phones % len(_SPANS)]
        self._last_phone = f"0{span}{self._phones * 7_368_787 % 10_000_000:07d}"
        return self._last_phone


def households(places: Sequence[Place], plan: Plan, *, seed: int = SEED) -> Iterator[list[str]]:
    """Yield the lines of the households' list, commune by commune, headings first."""
    chance = random.Random(seed)  # noqa: S311  invented people, the same each time
    whole = plan.households + plan.without_account
    eligible = set(chance.sample(range(plan.households), plan.eligible))
    without = {one: number for number, one in enumerate(sorted(chance.sample(range(whole), plan.without_account)))}
    per_place = _spread(whole, places, chance)
    people, account, number = _Person(chance), 0, 0
    kept: list[list[str]] = []
    yield list(HEADINGS)
    for position in range(whole):
        place = per_place[position]
        line = ["", *people.draw(), f"Ấp {chance.randrange(1, _HAMLETS + 1)}", place.commune, place.district]
        line += [_grown(chance), chance.choice(("Cam kết", "Cam kết", "Giấy chứng nhận")), "Có", "Có", "Có"]
        if position in without:
            line += [chance.choice(("Postmart", "Voso")), "", "Chưa tạo"]
        else:
            channel = "Postmart" if chance.random() < 0.71 else "Voso"
            line += [channel, f"TG{account + 1:06d}", "Đã xác minh" if chance.random() < 0.4 else "Đã tạo"]
            if account not in eligible:
                _lacking(line, chance)
            account += 1
        number += 1
        line[0] = str(number)
        if len(kept) < plan.twice and line[4]:
            kept.append(line)
        yield line
    for line in kept:  # somebody copied them in twice
        number += 1
        yield [str(number), *line[1:]]
    for _ in range(plan.unreadable):
        number += 1
        bad = [str(number), *people.draw(), "Ấp 1", per_place[0].commune, per_place[0].district, "Lúa", "", "", "", ""]
        bad[5] = "0130 " + bad[5][3:]
        yield [*bad, "Postmart", "", "Đã tạo"]
    yield ["", "Tổng cộng", *[""] * 15]


def firms(places: Sequence[Place], plan: Plan, *, seed: int = SEED) -> Iterator[list[str]]:
    """Yield the lines of the list of firms that entered SMEdx, headings first."""
    chance = random.Random(seed + 1)  # noqa: S311  invented firms, the same each time
    trades = [name for name, weight in _TRADES for _ in range(weight)]
    yield list(FIRM_HEADINGS)
    number, digits = 0, 0
    while number < plan.firms:
        digits += 1 + chance.randrange(40)
        body = f"12{digits:07d}"
        check = mst.calc_check_digit(body)
        if len(check) > 1:
            continue  # such a number was never given out
        number += 1
        place = chance.choice(places)
        name = f"Công ty TNHH {chance.choice(_FIRM_NAMES)} {chance.choice(_MENS_NAMES)} {chance.choice(_WOMENS_NAMES)}"
        yield [str(number), name, body + check, place.commune, place.district, chance.choice(trades), "SMEdx"]


def _spread(whole: int, places: Sequence[Place], chance: random.Random) -> list[Place]:
    """Return each line's commune: of unequal size, in order."""
    weights = [0.4 + chance.random() for _ in places]
    drawn = sorted(chance.choices(range(len(places)), weights=weights, k=whole))
    return [places[one] for one in drawn]


def _grown(chance: random.Random) -> str:
    return chance.choice(_GROWN).format(n=chance.randrange(1, 12))


_ID, _FOOD, _PAID, _PHONE_SEEN, _COMMUNE_SEEN, _STATUS = 4, 10, 11, 12, 13, 16
_LACKS = (
    (_FOOD, "Chưa", 0.30), (_PAID, "Không", 0.25), (_PHONE_SEEN, "Chưa", 0.20), (_COMMUNE_SEEN, "Chưa", 0.17),
    (_STATUS, "Tạm khóa", 0.03), (_ID, "", 0.05),
)  # fmt: skip


def _lacking(line: list[str], chance: random.Random) -> None:
    """Take from a household what it lacks: one thing for certain, others by chance."""
    column, text, _ = chance.choices(_LACKS, weights=[weight for _, _, weight in _LACKS])[0]
    line[column] = text
    for column, text, weight in _LACKS:
        if column != _ID and chance.random() < weight / 3:
            line[column] = text
