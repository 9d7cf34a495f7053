"""Who acts in the demo of Long An: invented people, farms and firms, at the published figures."""

from dataclasses import dataclass

STAMPS = 1_761_000
ESTABLISHMENTS = 14


@dataclass(frozen=True, slots=True)
class Establishment:
    """A confirmed establishment of the safe food chain: its name, commune, product, and its stamps at full scale.

    With `pin` its stamps have a number under a scratch layer.
    """

    name: str
    commune: str
    product: str
    category: str
    price_minor: int
    stamps: int
    gtin: str | None
    pin: bool = False


@dataclass(frozen=True, slots=True)
class Ware:
    """What a household sells: its name, category, unit, price and the marketplaces that show it."""

    product: str
    category: str
    unit: str
    price_minor: int
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seller:
    """A household: its head, commune (by name, or by id where many are made), what it grows and what it sells.

    Who gave no `id_number` yet has goods on sale too, but is not eligible.
    """

    head: str
    phone: str
    commune: str
    grown: str
    wares: tuple[Ware, ...]
    unit_id: str | None = None
    id_number: str | None = None


@dataclass(frozen=True, slots=True)
class Institution:
    """A place that takes payments: its name, type, commune, desk and account (a demo bank's)."""

    name: str
    kind: str
    type_code: str
    commune: str
    desk: str
    prefix: str
    bin6: str
    account: str
    holder: str


def _gtin(number: int) -> str:
    """Return a GTIN-14 of the range for use inside one organisation (2…): nobody's real product."""
    body = f"020{number:010d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


# Thirteen batches of 125,000 and one of 136,000: 1,761,000 in all.
ESTABLISHMENTS_CAST: tuple[Establishment, ...] = (
    Establishment("HTX Thanh long Tầm Vu", "An Lục Long, Châu Thành", "Thanh long ruột đỏ", "VN-FRUIT-DRAGON", 35_000, 136_000, _gtin(1)),
    Establishment("HTX Thanh long Dương Xuân", "Dương Xuân Hội, Châu Thành", "Thanh long ruột trắng", "VN-FRUIT-DRAGON", 28_000, 125_000, _gtin(2)),
    Establishment("HTX Chanh không hạt Bến Lức", "Thạnh Lợi, Bến Lức", "Chanh không hạt", "VN-FRUIT-LIME", 22_000, 125_000, _gtin(3)),
    Establishment("HTX Rau an toàn Phước Hòa", "Phước Hậu, Cần Giuộc", "Cải ngọt", "VN-VEGETABLE", 18_000, 125_000, _gtin(4)),
    Establishment("HTX Rau an toàn Mỹ Lệ", "Mỹ Lệ, Cần Đước", "Rau muống", "VN-VEGETABLE", 15_000, 125_000, None),
    Establishment("HTX Gạo Nàng Thơm Chợ Đào", "Mỹ Lệ, Cần Đước", "Gạo Nàng Thơm", "VN-RICE", 30_000, 125_000, _gtin(6)),
    Establishment("HTX Lúa sạch Vĩnh Hưng", "Vĩnh Thuận, Vĩnh Hưng", "Gạo lúa mùa", "VN-RICE", 24_000, 125_000, _gtin(7)),
    Establishment("HTX Nếp Thủ Thừa", "Mỹ Thạnh, Thủ Thừa", "Nếp Thủ Thừa", "VN-RICE", 26_000, 125_000, None),
    Establishment("Cơ sở Trứng sạch Tân Trụ", "Tân Bình, Tân Trụ", "Trứng gà", "VN-MEAT-EGG", 32_000, 125_000, _gtin(9)),
    Establishment("HTX Bò thịt Đức Hòa", "Hựu Thạnh, Đức Hòa", "Thịt bò", "VN-MEAT-EGG", 260_000, 125_000, None),
    Establishment("HTX Khóm Thạnh Hóa", "Thạnh Phước, Thạnh Hóa", "Khóm", "VN-FRUIT-OTHER", 12_000, 125_000, _gtin(11)),
    Establishment("HTX Cá tra Tân Hưng", "Vĩnh Châu A, Tân Hưng", "Khô cá tra", "VN-FISH", 180_000, 125_000, _gtin(12)),
    Establishment("HTX Mật ong tràm Mộc Hóa", "Bình Hòa Tây, Mộc Hóa", "Mật ong tràm", "VN-DRINK", 150_000, 125_000, None, pin=True),
    Establishment("HTX Sen Tân Thạnh", "Hậu Thạnh Đông, Tân Thạnh", "Trà tim sen", "VN-DRINK", 90_000, 125_000, _gtin(14)),
)  # fmt: skip

SELLERS: tuple[Seller, ...] = (
    Seller("Nguyễn Thị Hạnh", "0901 200 001", "An Lục Long, Châu Thành", "Thanh long, 2 tấn một vụ", (Ware("Thanh long nhà Hạnh", "VN-FRUIT-DRAGON", "kg", 30_000, ("postmart",)),)),
    Seller("Lê Văn Út", "0901 200 002", "Vĩnh Thuận, Vĩnh Hưng", "Lúa mùa, 10 tấn một năm", (Ware("Gạo nhà Út", "VN-RICE", "kg", 21_000, ("postmart", "voso")),)),
    Seller("Phạm Minh Tâm", "0901 200 003", "Bình Hòa Tây, Mộc Hóa", "Mật ong, 200 lít một năm", (Ware("Mật ong rừng tràm", "VN-DRINK", "l", 160_000, ("voso",)),)),
    Seller("Trần Thị Bé Sáu", "0901 200 004", "Phước Hậu, Cần Giuộc", "Rau cải quanh năm", (Ware("Cải xanh Bé Sáu", "VN-VEGETABLE", "kg", 16_000, ("postmart",)),)),
    Seller("Huỳnh Văn Lợi", "0901 200 005", "Thạnh Lợi, Bến Lức", "Chanh, 5 tấn một năm", (Ware("Chanh không hạt nhà Lợi", "VN-FRUIT-LIME", "kg", 20_000, ("postmart", "voso")),)),
    Seller("Võ Thị Kim Anh", "0901 200 006", "Mỹ Thạnh, Thủ Thừa", "Nếp, 3 tấn một vụ", (Ware("Nếp Kim Anh", "VN-RICE", "kg", 25_000, ("voso",)),)),
    Seller("Đặng Văn Phúc", "0901 200 007", "Tân Bình, Tân Trụ", "Gà thả vườn", (Ware("Trứng gà Phúc", "VN-MEAT-EGG", "trai", 3_500, ("postmart",)),)),
    Seller("Bùi Thị Lan", "0901 200 008", "Thạnh Phước, Thạnh Hóa", "Khóm, 8 tấn một năm", (Ware("Khóm nhà Lan", "VN-FRUIT-OTHER", "trai", 14_000, ("postmart",)),)),
)  # fmt: skip

INSTITUTIONS: tuple[Institution, ...] = (
    Institution("Trường Tiểu học Tân Thạnh", "institution", "school", "Hậu Thạnh Đông, Tân Thạnh", "Quầy thu 1", "TT", "970436", "1012345678", "TRUONG TIEU HOC TAN THANH"),
    Institution("Bệnh viện Đa khoa Cần Giuộc", "institution", "hospital", "Phước Hậu, Cần Giuộc", "Quầy viện phí", "CG", "970418", "3101000111222", "BENH VIEN DA KHOA CAN GIUOC"),
    Institution("Chợ Tầm Vu", "market", "market", "An Lục Long, Châu Thành", "Sạp 12", "TV", "970405", "6600205000123", "CHO TAM VU"),
    Institution("Trường THCS Mỹ Lệ", "institution", "school", "Mỹ Lệ, Cần Đước", "Quầy học phí", "ML", "970415", "108000333444", "TRUONG THCS MY LE"),
    Institution("Trường Mẫu giáo Thạnh Lợi", "institution", "school", "Thạnh Lợi, Bến Lức", "Quầy thu", "TL", "970422", "0680100555666", "TRUONG MAU GIAO THANH LOI"),
    Institution("Trung tâm Y tế Đức Hòa", "institution", "hospital", "Hựu Thạnh, Đức Hòa", "Quầy viện phí", "DH", "970436", "1023456789", "TRUNG TAM Y TE DUC HOA"),
    Institution("Chợ Mỹ Thạnh", "market", "market", "Mỹ Thạnh, Thủ Thừa", "Sạp 3", "MT", "970405", "6600205000777", "CHO MY THANH"),
    Institution("Chợ Tân Bình", "market", "market", "Tân Bình, Tân Trụ", "Sạp 7", "TB", "970407", "19030000888999", "CHO TAN BINH"),
)  # fmt: skip

PEOPLE = {
    "province_officer": ("0901 100 001", "Cán bộ tỉnh (demo)"),
    "commune_officer": ("0901 100 006", "Cán bộ xã (demo)"),
    "cashier": ("0901 100 003", "Thu ngân trường (demo)"),
    "hospital_cashier": ("0901 100 007", "Thu ngân bệnh viện (demo)"),
    "hospital_office": ("0901 100 014", "Kế toán bệnh viện (demo)"),
    "market_cashier": ("0901 100 008", "Tiểu thương chợ Tầm Vu (demo)"),
    "institution": ("0901 100 009", "Kế toán trường (demo)"),
    "market_manager": ("0901 100 010", "Trưởng ban quản lý chợ (demo)"),
    "establishment": ("0901 100 004", "Chủ nhiệm HTX Tầm Vu (demo)"),
    "team_supervisor": ("0901 100 011", "Phụ trách tổ công nghệ số (demo)"),
    "ioc_reader": ("0901 100 012", "Trực trung tâm điều hành (demo)"),
    "auditor": ("0901 100 013", "Thanh tra (demo)"),
    "admin": ("0901 100 005", "Quản trị (demo)"),
}
OFFICERS_COMMUNES = {"80": "28243", "82": "28360"}
"""The commune officer's commune, by province: An Lục Long, Cái Bè."""
TEAM_LEADER = "0903 000 000"
"""The phone of the first team's leader, who is invited to sign in."""


def shares(total: int, parts: tuple[int, ...]) -> list[int]:
    """Split a total in the proportion of the parts, in whole numbers that add up to it, each at least 1."""
    whole = sum(parts)
    found = [max(1, total * part // whole) for part in parts]
    rest = total - sum(found)
    if not 0 < rest < len(found):
        found[0] += rest
        return found
    return [part + (place < rest) for place, part in enumerate(found)]
