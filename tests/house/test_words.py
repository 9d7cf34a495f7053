"""Honest words: a code is genuine, goods never; paid is said by nobody but the bank's notice."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FORBIDDEN = re.compile(
    r"goods (are|is) (genuine|authentic|real)|product is (genuine|authentic)|genuine (goods|product)"
    r"|hàng thật|sản phẩm thật|hàng chính hãng",
    re.I,
)


def test_no_page_or_sentence_calls_goods_genuine() -> None:
    places = [
        *ROOT.glob("portal/**/*.html"),
        *ROOT.glob("portal/**/*.py"),
        *ROOT.glob("traceability/**/*.py"),
        *ROOT.glob("translations/**/*.po"),
    ]
    assert len(places) > 50
    found = [str(path.relative_to(ROOT)) for path in places if FORBIDDEN.search(path.read_text("utf-8"))]
    assert found == []
