"""Collect the messages from code and templates into the catalogues, and compile them (`make messages`)."""

import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

FROZEN = datetime(2026, 1, 1, tzinfo=UTC)  # the compiled file's header holds dates: the same ones on any day
HERE = Path(__file__).parent
ROOT = HERE.parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2)}
OPTIONS = {"**/templates/**.html": {"extensions": "jinja2.ext.do,jinja2.ext.loopcontrols", "silent": "false"}}


def template() -> Catalog:
    """Return the messages found in the portal, without places or dates, in the order of their text."""
    catalog = Catalog(project="Cho So", charset="utf-8")
    for _file, _line, message, _comments, context in extract_from_dir(ROOT / "portal", METHODS, OPTIONS, KEYWORDS):
        catalog.add(message, None, context=context)
    return catalog


def po_path(language: str) -> Path:
    """Return the path of one language's catalogue."""
    return HERE / language / "LC_MESSAGES" / "messages.po"


def load(language: str) -> Catalog:
    """Return a language's catalogue, or an empty one."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def render(catalog: Catalog) -> tuple[bytes, bytes]:
    """Return a catalogue's .po and .mo bytes: the same messages give the same bytes on any day."""
    text, binary = BytesIO(), BytesIO()
    plain = Catalog(
        locale=catalog.locale,
        project="Cho So",
        charset="utf-8",
        fuzzy=False,
        creation_date=FROZEN,
        revision_date=FROZEN,
    )
    for message in catalog:
        if message.id:
            plain.add(
                message.id,
                message.string,
                flags=message.flags - {"fuzzy"} if message.string else (),
                context=message.context,
            )
    write_po(text, plain, omit_header=True, sort_output=True, no_location=True, width=0)
    lines = (
        f"Language: {catalog.locale}",
        "Content-Type: text/plain; charset=utf-8",
        f"Plural-Forms: {plain.plural_forms}",
    )
    header = 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"
    write_mo(binary, plain)
    return header.encode() + text.getvalue(), binary.getvalue()


def updated(language: str) -> Catalog:
    """Return the catalogue with today's messages and the translations that there are."""
    known, found = load(language), template()
    fresh = Catalog(locale=language)
    for message in found:
        if message.id:
            key = message.id[0] if isinstance(message.id, tuple) else message.id
            old = known.get(key, message.context)
            fresh.add(
                message.id,
                old.string if old else ("",) if isinstance(message.id, tuple) else "",
                context=message.context,
            )
    return fresh


def main() -> None:
    """Write the Vietnamese catalogue; English is the messages themselves."""
    catalog = updated("vi")
    text, _binary = render(catalog)
    po_path("vi").parent.mkdir(parents=True, exist_ok=True)
    po_path("vi").write_bytes(text)
    _text, binary = render(load("vi"))
    po_path("vi").with_suffix(".mo").write_bytes(binary)
    missing = [
        message.id
        for message in catalog
        if message.id and not any(message.string if isinstance(message.string, tuple) else (message.string,))
    ]
    print(f"{len(catalog)} messages, {len(missing)} without Vietnamese")  # noqa: T201
    for one in missing:
        print(f"  {one!r}")  # noqa: T201


if __name__ == "__main__":
    main()
    subprocess.run([sys.executable, "-m", "translations.check"], check=False, cwd=ROOT)
