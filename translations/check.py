"""Hold the catalogues: byte for byte what `make messages` would write, nothing missing, every placeholder kept."""

import re
import sys
from pathlib import Path

from translations.collect import load, po_path, render, updated

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def problems(language: str) -> list[str]:
    """Return what is wrong with a language's catalogue."""
    found: list[str] = []
    text, binary = render(updated(language))
    if po_path(language).read_bytes() != text:
        found.append(f"{language}: the catalogue is not what the code says: run `make messages`")
    if po_path(language).with_suffix(".mo").read_bytes() != render(load(language))[1]:
        found.append(f"{language}: the compiled catalogue is not the catalogue: run `make messages`")
    del binary
    for message in load(language):
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if not all(strings):
            found.append(f"{language}: no translation of {sources[0]!r}")
            continue
        wanted = set(PLACEHOLDER.findall(sources[-1]))
        for string in strings:
            if set(PLACEHOLDER.findall(string)) - {"%(num)s", "%(num)d"} != wanted - {"%(num)s", "%(num)d"}:
                found.append(f"{language}: other placeholders in {string!r}")
    return found


def main() -> int:
    """Print every problem; return 1 if there is any."""
    found = problems("vi")
    for line in found:
        print(line)  # noqa: T201
    if not Path(po_path("vi")).exists():
        return 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
