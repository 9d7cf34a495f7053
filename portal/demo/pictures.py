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
    """Return the demo's picture of a category: simple shapes on a calm ground, the same on every run."""
    ground, body, leaf = GROUNDS.get(category, GROUNDS["VN-FRUIT-OTHER"])
    chance = random.Random(category)  # noqa: S311  a drawing, not a secret
    image = Image.new("RGB", (1280, 960), ground)
    draw = ImageDraw.Draw(image)
    shape = SHAPES.get(category, _fruit)
    for _ in range(26):
        x, y, size = chance.randrange(60, 1220), chance.randrange(260, 900), chance.randrange(90, 210)
        shape(draw, x, y, size, body=_mix(body, "#ffffff", chance.random() * 0.3), ground=ground, leaf=leaf)
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88)
    return read_picture(file.getvalue())


Colour = str | tuple[int, int, int]


def _fruit(draw: ImageDraw.ImageDraw, x: int, y: int, size: int, *, body: Colour, ground: str, leaf: str) -> None:
    half = size // 2
    draw.ellipse((x - half + 14, y - half + 18, x + half + 14, y + half + 18), fill=_mix(ground, "#000000", 0.16))
    draw.ellipse((x - half, y - half, x + half, y + half), fill=body)
    draw.line((x, y - half, x + size // 6, y - half - size // 5), fill=leaf, width=10)


def _grain(draw: ImageDraw.ImageDraw, x: int, y: int, size: int, *, body: Colour, ground: str, leaf: str) -> None:
    del leaf
    for row in range(9):
        for column in range(3):
            left, top = x + (column - 1) * size // 4 + (row % 2) * size // 8, y + (row - 4) * size // 7
            draw.ellipse(
                (left + 4, top + 5, left + size // 6 + 4, top + size // 14 + 9), fill=_mix(ground, "#000000", 0.14)
            )
            draw.ellipse((left, top, left + size // 6, top + size // 14 + 4), fill=body)


def _leaf(draw: ImageDraw.ImageDraw, x: int, y: int, size: int, *, body: Colour, ground: str, leaf: str) -> None:
    del ground
    points = [(x, y - size), (x + size // 3, y - size // 3), (x, y + size // 2), (x - size // 3, y - size // 3)]
    draw.polygon(points, fill=body)
    draw.line((x, y - size + 10, x, y + size // 2), fill=leaf, width=6)


def _jar(draw: ImageDraw.ImageDraw, x: int, y: int, size: int, *, body: Colour, ground: str, leaf: str) -> None:
    half = size // 2
    draw.rounded_rectangle(
        (x - half + 12, y - half + 14, x + half + 12, y + size + 14), 24, fill=_mix(ground, "#000000", 0.16)
    )
    draw.rounded_rectangle((x - half, y - half, x + half, y + size), 24, fill=body)
    draw.rectangle((x - half + 12, y - half - 26, x + half - 12, y - half), fill=leaf)


SHAPES = {"VN-RICE": _grain, "VN-VEGETABLE": _leaf, "VN-DRINK": _jar}


def _mix(one: str, other: str, share: float) -> tuple[int, int, int]:
    first, second = (tuple(int(text[i : i + 2], 16) for i in (1, 3, 5)) for text in (one, other))
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue
