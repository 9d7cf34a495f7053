"""What the simulated marketplaces take and what they refuse. A real partner's rules are its own."""

from collections.abc import Mapping
from typing import Any

TITLE_MAX = 150
BANNED_WORDS = ("hàng giả", "thuốc lá", "counterfeit")

Problem = dict[str, str]


def _problem(field: str, code: str, message: str, suggestion: str = "") -> Problem:
    return {"field": field, "code": code, "message": message, "suggestion": suggestion}


def at_the_door(item: Mapping[str, Any]) -> list[Problem]:
    """Return every reason for which an offer is refused at once, from its form alone."""
    problems = []
    title = item.get("title")
    if not isinstance(title, str) or not title.strip():
        problems.append(_problem("title", "missing", "Thiếu tên sản phẩm.", "Đặt tên cho sản phẩm."))
    elif len(title) > TITLE_MAX:
        cut = title[:TITLE_MAX].rsplit(" ", 1)[0]
        problems.append(_problem("title", "too_long", f"Tên dài quá {TITLE_MAX} ký tự.", cut))
    images = item.get("images")
    if not isinstance(images, list) or not images:
        problems.append(_problem("images", "missing", "Cần ít nhất một ảnh.", "Thêm một ảnh chụp sản phẩm."))
    if not isinstance(item.get("category"), str) or not str(item["category"]).startswith("VN-"):
        problems.append(_problem("category", "unknown", "Danh mục này không có trên sàn.", "Chọn danh mục khác."))
    variants = item.get("variants")
    if (
        not isinstance(variants, list)
        or not variants
        or not all(isinstance(one, dict) and one.get("sku") for one in variants)
    ):
        problems.append(_problem("variants", "missing", "Cần ít nhất một quy cách có mã.", "Thêm một quy cách."))
    return problems


def by_a_moderator(content: Mapping[str, Any]) -> list[Problem]:
    """Return the reasons that only a look at the words finds, a moment later."""
    words = f"{content.get('title', '')} {content.get('description', '')}".casefold()
    return [
        _problem("title", "banned_word", f"Sàn không nhận nội dung có “{word}”.", "Bỏ những chữ này rồi gửi lại.")
        for word in BANNED_WORDS
        if word in words
    ]


def of_prices(variants: object) -> list[Problem]:
    """Return what is wrong with a price and stock message: prices are positive whole numbers, written as text."""
    if not isinstance(variants, list) or not variants:
        return [_problem("variants", "missing", "Thiếu giá.", "Gửi giá của từng quy cách.")]
    problems = []
    for one in variants:
        price = one.get("price") if isinstance(one, dict) else None
        if not isinstance(price, str) or not price.isdecimal() or int(price) <= 0:
            problems.append(_problem("price", "not_positive", "Giá phải lớn hơn 0.", "Nhập giá bằng đồng."))
    return problems
