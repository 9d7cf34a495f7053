"""Vietnamese names as people type them: one tidy spelling, one folded key for searching, one order for lists. Pure."""

import re
import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_TONE_ORDER = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng
_LETTER_ORDER = {letter: rank for rank, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
_APOSTROPHES = re.compile("['`´‘’ʼ]")
# An open syllable in oa, oe, uy carries its tone on the first letter; after q the u is part of the consonant.
_LATE_TONE = re.compile(rf"(?:([oO])([aAeE])|(?<![qQ])([uU])([yY]))([{_TONES}])(?![^\W\d_]|[\u0300-\u036f])")
_TONE_ON_QU = re.compile(rf"([qQ][uU])([{_TONES}])([yYaAeEoO])")
_ETH = str.maketrans("ðÐƉɖ", "đĐĐđ")


def tidy(text: str) -> str:
    """Return the text in NFC with single spaces and the tone where most people put it (hòa, thủy, quý)."""
    decomposed = unicodedata.normalize("NFD", " ".join(text.translate(_ETH).split()))
    moved = _LATE_TONE.sub(lambda m: f"{m[1] or m[3]}{m[5]}{m[2] or m[4]}", decomposed)
    moved = _TONE_ON_QU.sub(r"\1\3\2", moved)
    return unicodedata.normalize("NFC", moved)


def fold(text: str) -> str:
    """Return the key under which a name is searched: lower case, no tones or marks, đ and ð as d, single spaces."""
    bare = _without_marks(text.translate(_ETH).casefold().replace("đ", "d"))
    bare = _without_marks(bare.casefold())  # casefold may bring marks of its own (İ, ΐ)
    return " ".join(re.sub(r"[\W_]+", " ", _APOSTROPHES.sub("", bare)).split())


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def sort_key(text: str) -> tuple[tuple[object, ...], ...]:
    """Return a key for the order of a Vietnamese dictionary: by syllable, letters before tones; numbers by value."""
    return tuple(_syllable_key(word) for word in re.findall(r"\d+|[^\W\d_]+", tidy(text).casefold()))


def _syllable_key(word: str) -> tuple[object, ...]:
    if word.isdecimal():
        return (0, int(word), 0)
    letters: list[int] = []
    tone = 0
    for sign in word:
        decomposed = unicodedata.normalize("NFD", sign)
        tone = max(tone, *(_TONE_ORDER.get(mark, 0) for mark in decomposed))
        letter = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in _TONE_ORDER))
        letters.append(_LETTER_ORDER.get(letter, 1000 + ord(letter[0]) if letter else 1000))
    return (1, tuple(letters), tone)


_CITY = ("thành phố", "thành phố trung ương")
_KIND_WORDS: dict[str, tuple[str, ...]] = {
    "tinh": ("tỉnh",),
    "thanh pho": _CITY,
    "tp": _CITY,
    "huyen": ("huyện",),
    "h": ("huyện",),
    "quan": ("quận",),
    "q": ("quận",),
    "thi xa": ("thị xã",),
    "tx": ("thị xã",),
    "xa": ("xã",),
    "x": ("xã",),
    "phuong": ("phường",),
    "p": ("phường",),
    "thi tran": ("thị trấn",),
    "tt": ("thị trấn",),
    "dac khu": ("đặc khu",),
}


def place_key(name: str, kind: str) -> str:
    """Return the folded name of a unit without the word for its kind: `Phường Tân An` becomes `tan an`."""
    return _plain_numbers(fold(name).removeprefix(fold(kind.removesuffix(" trung ương")) + " "))


def readings(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return what a typed place may mean: keys, each with the kinds it is limited to (none: any kind).

    `xa phien` may be the commune Phiên or any place called Xà Phiên, so both readings count.
    """
    key = _plain_numbers(re.sub(r"^([pq])(\d)", r"\1 \2", fold(text)))
    found: list[tuple[str, tuple[str, ...]]] = [(key, ())] if key else []
    return found + [(key.removeprefix(f"{w} "), kinds) for w, kinds in _KIND_WORDS.items() if key.startswith(f"{w} ")]


def _plain_numbers(key: str) -> str:
    return re.sub(r"\b0+(?=\d)", "", key)
