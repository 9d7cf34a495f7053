"""Bars drawn on the server: a small SVG without script or style, readable in grey. A missing one is dotted, not 0."""

from collections.abc import Sequence

from markupsafe import Markup, escape

# Small, since a telephone shows it smaller still: its words must stay readable there.
WIDTH, HEIGHT, FOOT, HEAD, LETTER = 400, 190, 26, 22, 7


def bars(points: Sequence[tuple[str, int | None, str]]) -> Markup:
    """Draw a bar for each (label, value, value as text); the tallest fills the height."""
    tallest = max((value for _label, value, _text in points if value), default=1)
    step = WIDTH / max(len(points), 1)
    thick, room = min(step * 0.66, 44), HEIGHT - FOOT - HEAD
    roomy = max((len(text) for _label, _value, text in points), default=0) * LETTER <= step
    parts = []
    for place, (label, value, text) in enumerate(points):
        middle = step * (place + 0.5)
        left, tall = middle - thick / 2, room * max(value or 0, 0) / tallest
        top = HEIGHT - FOOT - tall
        if value is None:
            parts.append(
                f'<rect x="{left:.1f}" y="{HEIGHT - FOOT - 20}" width="{thick:.1f}" height="20" rx="4" fill="none" '
                'stroke="#4A4F55" stroke-dasharray="3 3"/>'
            )
            top = HEIGHT - FOOT - 20
        elif value > 0:
            parts.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{thick:.1f}" height="{tall:.1f}" rx="4" fill="#0B5D3B"/>'
            )
        parts.append(_text(middle, HEIGHT - 8, label))
        if roomy or value is None:
            parts.append(_text(middle, top - 6, text))
        elif place == len(points) - 1:  # where not all fit, the newest is said; the table holds the others
            parts.append(_text(left + thick, top - 6, text, anchor="end"))
    base = HEIGHT - FOOT
    axis = f'<path d="M0 {base}H{WIDTH}" stroke="#DDE3DD" stroke-width="2"/>'
    return Markup(  # noqa: S704  numbers of our own, and escaped text
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" xmlns="http://www.w3.org/2000/svg" font-size="12" fill="#1A1A1A" '
        f'aria-hidden="true" focusable="false">{axis}{"".join(parts)}</svg>'
    )


SPARK_WIDTH, SPARK_HEIGHT = 160, 36


def sparkline(values: Sequence[int | None]) -> Markup:
    """Draw a line of months without words, its newest point marked; a month that is not told leaves a gap."""
    told = [value for value in values if value is not None]
    if len(told) < 2:
        return Markup()
    low, high = min(0, *told), max(told)
    step, room = (SPARK_WIDTH - 8) / (len(values) - 1), SPARK_HEIGHT - 8
    points = [
        None if value is None else (4 + place * step, SPARK_HEIGHT - 4 - room * (value - low) / ((high - low) or 1))
        for place, value in enumerate(values)
    ]
    path, pen = "", "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path, pen = f"{path}{pen}{point[0]:.1f} {point[1]:.1f}", "L"
    last = next(point for point in reversed(points) if point is not None)
    return Markup(  # noqa: S704  numbers of our own
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" xmlns="http://www.w3.org/2000/svg" '
        f'aria-hidden="true" focusable="false"><path d="{path}" fill="none" stroke="#0B5D3B" stroke-width="2"/>'
        f'<circle cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="3.5" fill="#0B5D3B"/></svg>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
