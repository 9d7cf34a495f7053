"""The stand-ins' pages: plain HTML in Vietnamese, marked as a simulation, usable by keyboard and without scripts."""

from __future__ import annotations

from html import escape

_STYLE = (
    "body{margin:0;font:18px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#f4f5f2}"
    "main{max-width:560px;margin:0 auto;padding:16px;background:#fff;min-height:90vh}"
    ".mark{background:#ffe08a;padding:8px 16px;text-align:center;font-weight:700}"
    "h1{font-size:1.5rem;margin:.5rem 0}dl{margin:0 0 16px}dt{color:#555}dd{margin:0 0 8px;font-weight:600}"
    "dd.sum{font-size:1.8rem}form{margin:0 0 16px}label{display:block;margin:8px 0 4px}"
    "input,textarea{width:100%;box-sizing:border-box;min-height:48px;font:inherit;padding:8px;border:2px solid #555}"
    "button{min-height:48px;width:100%;font:inherit;font-weight:700;border:0;border-radius:6px;padding:8px 16px;"
    "background:#e3e5e0;color:#1a1a1a}button.go{background:#0b6b3a;color:#fff}"
    ":focus-visible{outline:3px solid #1a1a1a;outline-offset:2px}.bad{border-left:6px solid #a61b1b;padding:8px 12px}"
)
MARK = "SANDBOX – mô phỏng"


def page(title: str, body: str) -> str:
    """Return a whole page; `body` is HTML, `title` is text."""
    return (
        f'<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{escape(title)} – {MARK}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f'<style>{_STYLE}</style></head><body><p class="mark" role="note">{MARK}</p>'
        f"<main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def message(text: str, *, bad: bool = False) -> str:
    """Return one paragraph."""
    return f'<p class="bad" role="alert">{escape(text)}</p>' if bad else f"<p>{escape(text)}</p>"


def facts(rows: tuple[tuple[str, str], ...], *, total: str | None = None) -> str:
    """Return what the payer should read, the sum in large figures."""
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    large = f'<dt>Số tiền</dt><dd class="sum">{escape(total)}</dd>' if total is not None else ""
    return f"<dl>{large}{listed}</dl>"


def form(action: str, inner: str) -> str:
    """Return a form that posts; `inner` is HTML."""
    return f'<form method="post" action="{escape(action)}">{inner}</form>'


def hidden(name: str, value: str) -> str:
    """Return a value that goes along."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def button(text: str, *, name: str = "do", value: str, main: bool = False) -> str:
    """Return a button of at least 48 px; the main one is green."""
    style = ' class="go"' if main else ""
    return f'<button{style} name="{escape(name)}" value="{escape(value)}">{escape(text)}</button>'


def field(label: str, name: str, value: str = "", *, numeric: bool = False) -> str:
    """Return a labelled line of text."""
    mode = ' inputmode="numeric"' if numeric else ""
    return (
        f'<label for="{escape(name)}">{escape(label)}</label>'
        f'<input id="{escape(name)}" name="{escape(name)}" value="{escape(value)}"{mode} required>'
    )


def area(label: str, name: str, value: str = "") -> str:
    """Return a labelled box of text."""
    return (
        f'<label for="{escape(name)}">{escape(label)}</label>'
        f'<textarea id="{escape(name)}" name="{escape(name)}" rows="4" required>{escape(value)}</textarea>'
    )


def dong(amount: int) -> str:
    """Return an amount as people in Vietnam write it."""
    return f"{amount:,}".replace(",", ".") + " ₫"
