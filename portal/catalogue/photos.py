"""Pictures: read by content, turned upright, stripped of all but the picture, re-encoded in three sizes. Pure."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from portal.catalogue.errors import PhotoRefused

MOST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
SIZES = (320, 640, 1280)  # the longer side, in pixels; smaller pictures stay as they are
# The most bytes of a size: what a page on a weak line can bear. Quality goes down until it fits.
_CAPS = {320: 25_000, 640: 40_000, 1280: 160_000}
_QUALITIES = (82, 74, 66, 58, 50, 42, 34, 26)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready to be stored: its name (SHA-256 of the largest file), its pixels, a JPEG for each size."""

    sha256: str
    width: int
    height: int
    files: dict[int, bytes]


def read_picture(raw: bytes) -> Picture:
    """Return the picture in a file; raise `PhotoRefused` photo.size, photo.type, photo.pixels or photo.broken."""
    if len(raw) > MOST_BYTES:
        raise PhotoRefused("photo.size")
    try:
        image = Image.open(io.BytesIO(raw), formats=FORMATS)  # reads the header only; pixels are judged before decoding
    except Image.DecompressionBombError:
        raise PhotoRefused("photo.pixels") from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise PhotoRefused("photo.type") from None
    if image.width * image.height > MOST_PIXELS:
        raise PhotoRefused("photo.pixels")
    try:
        upright = _plain(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise PhotoRefused("photo.broken") from None
    files = {size: _encode(upright, size) for size in SIZES}
    largest = files[SIZES[-1]]
    with Image.open(io.BytesIO(largest)) as written:
        width, height = written.size
    return Picture(hashlib.sha256(largest).hexdigest(), width, height, files)


def _plain(image: Image.Image) -> Image.Image:
    """Return the bare pixels on white: no profile, no metadata, no transparency."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        ground = Image.new("RGBA", seen.size, "white")
        image = Image.alpha_composite(ground, seen)
    bare = image.convert("RGB")
    clean = Image.new("RGB", bare.size)
    clean.paste(bare)
    return clean


def _encode(image: Image.Image, size: int) -> bytes:
    smaller = image.copy()
    smaller.thumbnail((size, size), Image.Resampling.LANCZOS)
    written = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        written = out.getvalue()
        if len(written) <= _CAPS[size]:
            break
    return written
