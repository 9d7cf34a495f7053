"""Text of the fonts before Unicode, TCVN3 and VNI: found by column, shown, and turned into Unicode. Pure.

Such text looks like valid Unicode, so nothing fails and names turn to garbage. It is judged before any cleaning, since
U+00AD is the ư of TCVN3; and a person is always asked, since VNI text can't be told from Unicode with certainty.
"""

import re
import unicodedata
from collections.abc import Sequence

_TCVN3 = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\u00adõøö÷ùúýûüþ¡¢£¤¥¦§"
_UNICODE = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂÊÔƠƯĐ"
_FROM_TCVN3 = str.maketrans(_TCVN3, _UNICODE)
_OF_NAMES = frozenset(_UNICODE) | frozenset(_UNICODE.upper())
TCVN3_MARKS = frozenset(sign for sign in _TCVN3 if sign not in _OF_NAMES)

_ONLY_TCVN3 = TCVN3_MARKS - frozenset("øûïåäëüöæîñØÛÏÅÄËÜÖÆÎÑ")

_TONES = {"": "", "ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_ROUND = {"â": "", "á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323"}
_BREVE = {"ê": "", "é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323"}
_ALONE = {"æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ", "ô": "ơ", "ö": "ư"}


def _vni_pairs() -> dict[str, str]:
    pairs: dict[str, str] = {}
    for base, plain in {"a": "a", "e": "e", "o": "o", "u": "u", "y": "y", "ô": "ơ", "ö": "ư"}.items():
        pairs |= {base + mark: unicodedata.normalize("NFC", plain + tone) for mark, tone in _TONES.items() if mark}
    for base in "aeo":
        pairs |= {base + m: unicodedata.normalize("NFC", base + "\u0302" + t) for m, t in _ROUND.items()}
    pairs |= {"a" + mark: unicodedata.normalize("NFC", "a\u0306" + tone) for mark, tone in _BREVE.items()}
    found = pairs | _ALONE
    return found | {
        turned: then if turned[0] == first[0] else then.upper()
        for first, then in found.items()
        for turned in (first.upper(), first[0].upper() + first[1:], first[0] + first[1:].upper())
    }


_VNI = _vni_pairs()
_VNI_SIGNS = re.compile("|".join(sorted(map(re.escape, _VNI), key=len, reverse=True)))
# What no Vietnamese syllable allows: a mark after a vowel that can't carry it, or a letter of other languages.
_VNI_TRACE = re.compile("[ae][ùøûõïâáàåãäêéèúüë]|o[ùøûõïâåäêëúü]|[uy][ùøûõï]|[øûïåäëüöæîñ]", re.IGNORECASE)
_SHARE = 0.05
_LEAST = 1


def judge_column(cells: Sequence[str]) -> str | None:
    """Return `tcvn3` or `vni` where at least one cell in twenty can't be a Vietnamese name, else None."""
    filled = [cell for cell in cells if any(sign.isalpha() or sign in TCVN3_MARKS for sign in cell)]
    if not filled:
        return None
    most = max(_LEAST, len(filled) * _SHARE)
    for scheme, holds in (("tcvn3", _only_tcvn3), ("vni", _vni), ("tcvn3", _tcvn3)):
        if sum(1 for cell in filled if holds(cell)) >= most:
            return scheme
    return None


def _only_tcvn3(cell: str) -> bool:
    """Say whether a text holds a sign that neither names nor VNI have."""
    return not _ONLY_TCVN3.isdisjoint(cell)


def _vni(cell: str) -> bool:
    return _VNI_TRACE.search(cell) is not None


def _tcvn3(cell: str) -> bool:
    return not TCVN3_MARKS.isdisjoint(cell)


def convert(text: str, *, scheme: str) -> str:
    """Return a text of an old font in Unicode; letters that have no meaning there stay."""
    if scheme == "tcvn3":
        return unicodedata.normalize("NFC", text.translate(_FROM_TCVN3))
    return unicodedata.normalize("NFC", _VNI_SIGNS.sub(lambda found: _VNI[found[0]], text))
