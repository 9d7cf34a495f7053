"""Pictures of the demo: drawn here, at most 24, reused by hash."""

import io
import random
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

from portal.catalogue.photos import Picture, read_picture

GROUNDS = {
    "VN-FRUIT-DRAGON": ("#f6d5dc", "#d6456b", "#7fa650"),
    "VN-FRUIT-LIME": ("#e9f3d2", "#9fc34a", "#5c8a2c"),
    "VN-FRUIT-OTHER": ("#fdeec6", "#e2a62b", "#7c9a3a"),
    "VN-RICE": ("#f5efdf", "#d9c48a", "#a98c4c"),
    "VN-VEGETABLE": ("#dff0dc", "#4f9a4b", "#2f6d33"),
    "VN-MEAT-EGG": ("#f7e7da", "#e0b48a", "#b9774a"),
    "VN-FISH": ("#dfeaf0", "#7fa3b7", "#4b6f83"),
    "VN-DRINK": ("#fbe9c8", "#d18a1e", "#8a5a12"),
}


@cache
def picture(category: str) -> Picture:
    """Return the demo's picture of a category: round fruits on a calm ground, the same on every run."""
    ground, body, leaf = GROUNDS.get(category, GROUNDS["VN-FRUIT-OTHER"])
    chance = random.Random(category)  # noqa: S311  a drawing, not a secret
    image = Image.new("RGB", (1280, 960), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(26):
        x, y, size = chance.randrange(60, 1220), chance.randrange(260, 900), chance.randrange(90, 210)
        draw.ellipse(
            (x - size // 2 + 14, y - size // 2 + 18, x + size // 2 + 14, y + size // 2 + 18),
            fill=_mix(ground, "#000000", 0.16),
        )
        draw.ellipse(
            (x - size // 2, y - size // 2, x + size // 2, y + size // 2),
            fill=_mix(body, "#ffffff", chance.random() * 0.3),
        )
        draw.ellipse((x - size // 4, y - size // 3, x - size // 12, y - size // 6), fill=_mix(body, "#ffffff", 0.55))
        draw.line((x, y - size // 2, x + size // 6, y - size // 2 - size // 5), fill=leaf, width=10)
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return read_picture(file.getvalue())


def _mix(one: str, other: str, share: float) -> tuple[int, int, int]:
    first, second = (tuple(int(text[i : i + 2], 16) for i in (1, 3, 5)) for text in (one, other))
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue
