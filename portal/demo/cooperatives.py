"""The demo's cooperatives of Tiền Giang: 53 with 19 kinds of goods each, published as people would; 1,007 in all."""

import random

from portal.demo.cast import Ware
from portal.demo.sellers import stock, wait_until_live
from portal.demo.stage import Stage
from portal.onboarding.actions import create_organisation
from portal.places import actions as places
from portal.places.areas import day_of
from portal.places.models import AdminUnit

COOPERATIVES, GOODS_EACH = 53, 19
THEN = "82@20210101"
_KINDS = ("Trái cây", "Sầu riêng", "Thanh long", "Nông nghiệp sạch", "Rau an toàn", "Khóm", "Bưởi da xanh", "Lúa gạo")
_GOODS: tuple[tuple[str, str, str, int], ...] = (
    ("Sầu riêng Ri6", "VN-FRUIT-OTHER", "kg", 85_000), ("Sầu riêng Monthong", "VN-FRUIT-OTHER", "kg", 98_000),
    ("Xoài cát Hòa Lộc", "VN-FRUIT-OTHER", "kg", 62_000), ("Vú sữa Lò Rèn", "VN-FRUIT-OTHER", "kg", 45_000),
    ("Khóm Tân Phước", "VN-FRUIT-OTHER", "trai", 12_000), ("Mít Thái", "VN-FRUIT-OTHER", "kg", 21_000),
    ("Sơ ri Gò Công", "VN-FRUIT-OTHER", "kg", 18_000), ("Thanh long ruột đỏ", "VN-FRUIT-DRAGON", "kg", 33_000),
    ("Thanh long ruột trắng", "VN-FRUIT-DRAGON", "kg", 22_000), ("Bưởi da xanh", "VN-FRUIT-POMELO", "trai", 48_000),
    ("Dừa xiêm", "VN-FRUIT-COCONUT", "trai", 11_000), ("Chanh không hạt", "VN-FRUIT-LIME", "kg", 19_000),
    ("Gạo Nàng Hoa", "VN-RICE", "kg", 20_000), ("Nếp Chợ Gạo", "VN-RICE", "kg", 24_000),
    ("Rau muống", "VN-VEGETABLE", "bo", 6_000), ("Dưa hấu Gò Công", "VN-VEGETABLE", "kg", 9_000),
    ("Ớt chỉ thiên", "VN-VEGETABLE", "kg", 42_000), ("Trứng gà ta", "VN-MEAT-EGG", "trai", 3_500),
    ("Nghêu Gò Công", "VN-FISH", "kg", 38_000),
)  # fmt: skip


def load_cooperatives(stage: Stage) -> int:
    """Enter cooperatives over all communes, stock and publish their goods; return how many products are on sale."""
    count = max(5, round(COOPERATIVES * stage.scale))
    chance = random.Random(2022)  # noqa: S311  invented, the same each time
    stage.say(f"{count} cooperatives publish {count * GOODS_EACH:,} products")
    with stage.act() as (session, now):
        communes = places.communes(session, THEN, day_of(now))
    for number in range(count):
        stage.clock.move(minutes=20)
        _enter(stage, communes[number * 17 % len(communes)], number, chance)
        if number % 10 == 9:
            stage.say(f"  {number + 1} of {count}")
    wait_until_live(stage, count * GOODS_EACH)
    return count * GOODS_EACH


def _enter(stage: Stage, unit: AdminUnit, number: int, chance: random.Random) -> None:
    """Enter one cooperative and stock it."""
    with stage.act() as (session, now):
        name = f"HTX {_KINDS[number % len(_KINDS)]} {unit.name.partition(' ')[2]}"
        organisation = create_organisation(
            session, now=now, acting=stage.acting, kind="cooperative", name=name, unit_id=unit.id
        )
    channels = ("postmart" if number % 3 else "voso",)
    wares = (
        Ware(goods, category, sale_unit, int(round(price * chance.uniform(0.85, 1.2), -2)), channels)
        for goods, category, sale_unit, price in _GOODS
    )
    stock(stage, wares, organisation.id)
