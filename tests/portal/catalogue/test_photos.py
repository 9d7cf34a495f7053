"""Pictures: judged by content, turned upright, stripped, small; kept once under their own hash."""

import hashlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from portal.catalogue.errors import PhotoRefused
from portal.catalogue.photos import MOST_BYTES, SIZES, read_picture
from portal.catalogue.storage import DiskPhotos
from tests.portal.catalogue.making import jpeg


def refusal(raw: bytes) -> str:
    with pytest.raises(PhotoRefused) as refused:
        read_picture(raw)
    return refused.value.code


def png_header(width: int, height: int) -> bytes:
    """Return the beginning of a PNG that says how large it is, with none of its pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    begun = b"IDAT" + b"\x78\x9c"
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return header + struct.pack(">I", 2) + begun + struct.pack(">I", zlib.crc32(begun))


def test_a_picture_comes_in_three_sizes_named_by_its_content() -> None:
    found = read_picture(jpeg(3000, 2000))
    assert set(found.files) == set(SIZES)
    assert found.sha256 == hashlib.sha256(found.files[1280]).hexdigest()
    assert (found.width, found.height) == (1280, 853)
    for size, content in found.files.items():
        with Image.open(io.BytesIO(content)) as image:
            assert image.format == "JPEG"
            assert max(image.size) == size


def test_a_small_picture_is_never_blown_up() -> None:
    found = read_picture(jpeg(200, 100))
    with Image.open(io.BytesIO(found.files[1280])) as image:
        assert image.size == (200, 100)


def test_place_and_camera_are_dropped_and_the_picture_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken upright with the phone on its side
    exif[0x010F] = "Camera of Hạnh"
    exif.get_ifd(0x8825)[1] = "N"
    raw = jpeg(800, 400, exif=exif, comment=b"at home")
    assert b"Camera of" in raw
    found = read_picture(raw)
    assert (found.width, found.height) == (400, 800)
    for content in found.files.values():
        with Image.open(io.BytesIO(content)) as image:
            assert not image.getexif()
            assert "comment" not in image.info
        assert b"Camera of" not in content
        assert b"at home" not in content


def test_a_noisy_picture_still_fits_a_weak_line() -> None:
    noise = Image.effect_noise((2000, 1500), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "PNG")
    found = read_picture(out.getvalue()[:MOST_BYTES])
    assert len(found.files[320]) <= 40_000


def test_transparency_lies_on_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(out, "PNG")
    with Image.open(io.BytesIO(read_picture(out.getvalue()).files[320])) as image:
        assert image.getpixel((25, 25)) == (255, 255, 255)


def test_webp_is_read() -> None:
    out = io.BytesIO()
    Image.new("RGB", (50, 50), "red").save(out, "WEBP")
    assert read_picture(out.getvalue()).width == 50


@pytest.mark.parametrize(
    "raw",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"%PDF-1.7",
        b"",
        b"MZ" + b"\0" * 200,
        b"GIF89a" + b"\0" * 30,
    ],
)
def test_what_is_no_photo_is_refused_whatever_its_name(raw: bytes) -> None:
    assert refusal(raw) == "photo.type"


def test_too_many_pixels_are_refused_before_they_are_unpacked() -> None:
    assert refusal(png_header(30_000, 30_000)) == "photo.pixels"
    assert refusal(png_header(8_000, 5_001)) == "photo.pixels"


def test_a_cut_file_is_refused() -> None:
    assert refusal(jpeg(800, 600, quality=95)[:3000]) == "photo.broken"


def test_a_file_above_ten_megabytes_is_refused_unread() -> None:
    assert refusal(b"\xff\xd8" + b"\0" * MOST_BYTES) == "photo.size"


def test_a_stored_picture_is_kept_once_and_found_by_its_hash(tmp_path: Path) -> None:
    storage, found = DiskPhotos(tmp_path), read_picture(jpeg())
    storage.put(found)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.jpg")}
    storage.put(found)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
    assert storage.get(found.sha256, 640) == found.files[640]
    assert storage.get(found.sha256, 641) is None
    assert storage.get("0" * 64, 640) is None
    assert storage.get("../../../etc/passwd", 640) is None
