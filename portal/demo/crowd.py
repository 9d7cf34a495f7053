"""The demo's many: invented households in every district, up to the published figures. The same on every run."""

import random
from collections.abc import Iterator, Sequence
from functools import cache

from portal.demo.cast import SELLERS, Seller, Ware, shares
from portal.places.models import AdminUnit

SELLERS_IN_ALL, PRODUCTS_IN_ALL = 482, 1_974

FAMILIES = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Võ", "Phan", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Mai",
)  # fmt: skip
WOMEN = (
    "Thị Bảy", "Thị Cúc", "Thị Diễm", "Thị Hồng", "Thị Huệ", "Thị Kiều", "Thị Liên", "Thị Loan", "Thị Mười",
    "Thị Ngọc", "Thị Nhung", "Thị Phượng", "Thị Sen", "Thị Thanh", "Thị Thu", "Thị Tuyết", "Ngọc Ánh", "Kim Thoa",
)  # fmt: skip
MEN = (
    "Văn Ba", "Văn Bình", "Văn Chín", "Văn Dũng", "Văn Đức", "Văn Hải", "Văn Hiền", "Văn Hòa", "Văn Khánh",
    "Văn Long", "Văn Năm", "Văn Phước", "Văn Quang", "Văn Sơn", "Văn Tài", "Văn Thành", "Minh Trí", "Hữu Nghĩa",
)  # fmt: skip

# What is grown, and sold of it: (product, unit, price in đồng).
GOODS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "VN-FRUIT-DRAGON": (
        ("Thanh long ruột đỏ", "kg", 32_000), ("Thanh long ruột trắng", "kg", 24_000),
        ("Thanh long ruột tím hồng", "kg", 36_000),
    ),
    "VN-FRUIT-LIME": (
        ("Chanh không hạt", "kg", 20_000), ("Chanh giấy", "kg", 16_000), ("Chanh đào", "kg", 28_000),
    ),
    "VN-FRUIT-POMELO": (("Bưởi da xanh", "trai", 45_000), ("Bưởi năm roi", "trai", 38_000)),
    "VN-FRUIT-COCONUT": (("Dừa xiêm", "trai", 12_000), ("Dừa khô", "trai", 9_000)),
    "VN-FRUIT-OTHER": (
        ("Khóm", "trai", 13_000), ("Mít Thái", "kg", 22_000), ("Xoài cát", "kg", 42_000), ("Ổi lê", "kg", 14_000),
        ("Đu đủ", "kg", 11_000), ("Chuối già", "kg", 12_000),
    ),
    "VN-RICE": (
        ("Gạo Nàng Hoa", "kg", 19_000), ("Gạo Tài Nguyên", "kg", 21_000), ("Gạo lứt", "kg", 27_000),
        ("Nếp IR4625", "kg", 23_000), ("Gạo tấm thơm", "kg", 16_000),
    ),
    "VN-VEGETABLE": (
        ("Cải ngọt", "kg", 15_000), ("Rau muống", "bo", 6_000), ("Bí đao", "kg", 12_000), ("Dưa leo", "kg", 14_000),
        ("Khoai mỡ", "kg", 24_000), ("Đậu bắp", "kg", 18_000), ("Hành lá", "kg", 20_000),
    ),
    "VN-MEAT-EGG": (("Trứng gà ta", "trai", 3_500), ("Trứng vịt", "trai", 3_000), ("Gà thả vườn", "kg", 110_000)),
    "VN-FISH": (("Cá lóc đồng", "kg", 95_000), ("Khô cá lóc", "kg", 230_000), ("Tép đồng", "kg", 120_000)),
    "VN-DRINK": (("Mật ong tràm", "l", 165_000), ("Trà sen", "kg", 450_000), ("Nước mắm cá linh", "l", 48_000)),
}  # fmt: skip

# What a district is known for comes first; anything else grows everywhere.
KNOWN_FOR = {
    "Châu Thành": "VN-FRUIT-DRAGON", "Tân Trụ": "VN-FRUIT-DRAGON", "Bến Lức": "VN-FRUIT-LIME",
    "Thủ Thừa": "VN-RICE", "Vĩnh Hưng": "VN-RICE", "Tân Hưng": "VN-FISH", "Mộc Hóa": "VN-DRINK",
    "Thạnh Hóa": "VN-VEGETABLE", "Cần Giuộc": "VN-VEGETABLE", "Cần Đước": "VN-VEGETABLE", "Tân Thạnh": "VN-RICE",
    "Đức Hòa": "VN-MEAT-EGG", "Đức Huệ": "VN-FRUIT-LIME",
}  # fmt: skip
CHANNELS = 7 * (("postmart",),) + 4 * (("voso",),) + (("postmart", "voso"),)


@cache
def _wares() -> tuple[tuple[str, str, str, int], ...]:
    return tuple((code, *one) for code, goods in GOODS.items() for one in goods)


def invented_sellers(places: Sequence[tuple[AdminUnit, str]], *, scale: float) -> Iterator[Seller]:
    """Yield households beyond the eight by name: of communes with their districts' names, with their wares.

    At full scale all sellers are 482 and all products 1,974.
    """
    named = sum(len(one.wares) for one in SELLERS)
    count, products = round((SELLERS_IN_ALL - len(SELLERS)) * scale), round((PRODUCTS_IN_ALL - named) * scale)
    if not count:
        return
    places = sorted(places, key=lambda one: one[0].code[::-1])  # an order that says nothing
    for number, wares in enumerate(shares(max(products, count), (1,) * count)):
        spot = random.Random(f"place {number}").random() ** 2  # noqa: S311  as in life, a few communes lead
        unit, district = places[int(spot * len(places))]
        yield _seller(number, unit, district, wares=wares)


def invented_name(chance: random.Random, *, woman: bool) -> str:
    """Return a name of the delta that is nobody's in particular."""
    return f"{chance.choice(FAMILIES)} {chance.choice(WOMEN if woman else MEN)}"


def _id_number(number: int, *, woman: bool) -> str | None:
    """Return an invented citizen's number of the province; one in seven has not given any yet."""
    born = 50 + number * 37 % 46
    return f"080{int(woman)}{born:02d}{number * 7919 % 1_000_000:06d}" if number % 7 else None


def _seller(number: int, unit: AdminUnit, district: str, *, wares: int) -> Seller:
    chance = random.Random(f"{number} {unit.code}")  # noqa: S311  a cast, not a secret
    woman = number % 2 == 1
    head, channels = invented_name(chance, woman=woman), CHANNELS[number % len(CHANNELS)]
    known = [one for one in _wares() if one[0] == KNOWN_FOR.get(district)]
    others = [one for one in _wares() if one not in known]
    chosen = chance.sample(known, min(len(known), wares, 2))
    chosen += chance.sample(others, wares - len(chosen))
    return Seller(
        head=head,
        phone=f"0902 {number // 1000:03d} {number % 1000:03d}",
        commune=f"{unit.name}, {district}",
        grown=f"{chosen[0][1]}, {chance.randrange(2, 20)} công",
        unit_id=unit.id,
        id_number=_id_number(number, woman=woman),
        wares=tuple(_ware(one, chance, head.rsplit(" ", 1)[-1], channels) for one in chosen),
    )


def _ware(one: tuple[str, str, str, int], chance: random.Random, short: str, channels: tuple[str, ...]) -> Ware:
    category, name, sale_unit, price = one
    asked = int(round(price * chance.uniform(0.85, 1.2), -2))
    return Ware(f"{name} nhà {short}", category, sale_unit, asked, channels)
