"""The tokens of both style sheets: contrasts are computed from the files, and the sheets keep to their budgets."""

import re
from pathlib import Path

import pytest

PORTAL = Path(__file__).parents[3] / "portal"
SHEETS = {"theme": PORTAL / "static/theme.css", "bare": PORTAL / "templates/layouts/bare.css"}
BUDGET = {"theme": 10 * 1024, "bare": 6 * 1024}

# (ink, ground, least contrast): 7 for what people must read, 4.5 for what stands beside it, 3 for edges.
PAIRS = [
    ("text", "paper", 7),
    ("text", "card", 7),
    ("hint", "paper", 7),
    ("hint", "card", 7),
    ("hint", "grey", 7),
    ("card", "action", 7),
    ("card", "deep", 7),
    ("card", "error", 7),
    ("card", "hint", 7),
    ("card", "warning", 7),
    ("action", "card", 7),
    ("deep", "green", 7),
    ("warning", "amber", 7),
    ("error", "red", 6.5),
    ("error", "paper", 7),
    ("link", "paper", 7),
    ("link", "card", 7),
    ("text", "green", 7),
    ("field", "card", 3),
    ("field", "paper", 3),
    ("text", "halo", 3),
    ("halo", "deep", 3),
]


def tokens(sheet: str) -> dict[str, str]:
    """Return the colours that the sheet's root names."""
    root = re.search(r":root\{(.*?)\}", SHEETS[sheet].read_text(), re.S)
    assert root
    return dict(re.findall(r"--([a-z-]+):(#[0-9A-Fa-f]{3,6})\b", root[1]))


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.2."""
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    shares = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_agrees_with_known_values() -> None:
    assert contrast("#000000", "#fff") == pytest.approx(21)
    assert contrast("#1A1A1A", "#FFFFFF") == pytest.approx(17.4, abs=0.05)
    assert contrast("#0B5D3B", "#FFFFFF") == pytest.approx(7.9, abs=0.05)


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_every_pair_can_be_read(sheet: str, ink: str, ground: str, least: float) -> None:
    colours = tokens(sheet)
    found = contrast(colours[ink], colours[ground])
    assert found >= least, f"{sheet}: {ink} on {ground} is {found:.2f}, needs {least}"


def test_no_token_is_left_out_of_the_pairs() -> None:
    named = {name for pair in PAIRS for name in pair[:2]}
    assert tokens("theme").keys() - named == {"line"}  # a rule between rows carries no meaning


def test_both_sheets_name_the_same_colours() -> None:
    theme, bare = tokens("theme"), tokens("bare")
    assert {name: theme[name] for name in bare} == bare


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_keeps_to_its_budget_and_loads_nothing(sheet: str) -> None:
    source = SHEETS[sheet].read_bytes()
    assert len(source) <= BUDGET[sheet]
    assert b"url(" not in source
    assert b"@import" not in source


def test_the_bare_sheet_is_constant() -> None:
    """Pages that are answered from an ETag allow it by its hash, so nothing in it may depend on the request."""
    source = SHEETS["bare"].read_text()
    assert "{{" not in source
    assert "{%" not in source
    assert "{#" not in source


def test_every_variable_that_is_used_is_defined() -> None:
    for path in SHEETS.values():
        source = path.read_text()
        used = set(re.findall(r"var\((--[a-z-]+)", source))
        defined = set(re.findall(r"(--[a-z-]+):", source))
        assert used <= defined, f"{path.name}: {used - defined}"
