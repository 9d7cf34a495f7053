"""The words of a lot's steps, for who tells of them."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

DO: Mapping[str, Any] = {
    "process": _l("Wash, cut"),
    "pack": _l("Pack the goods"),
    "ship": _l("Send off"),
    "receive": _l("Receive"),
    "shelve": _l("Put on sale"),
    "sell": _l("All sold"),
    "inspect": _l("Inspect the goods"),
    "unpack": _l("Unpack the goods"),
    "destroy": _l("Destroy goods"),
}
WHEN: Mapping[str, Any] = {
    "process": _l("When was it washed and cut?"),
    "pack": _l("When was it packed?"),
    "ship": _l("When did it leave?"),
    "receive": _l("When did it arrive?"),
    "shelve": _l("When did it go on sale?"),
    "sell": _l("When was it all sold?"),
    "inspect": _l("When was it inspected?"),
    "unpack": _l("When was it unpacked?"),
    "destroy": _l("When was it destroyed?"),
}
QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "process": ("day", "amount"),
    "pack": ("day", "amount"),
    "ship": ("day", "to", "amount"),
    "receive": ("day", "amount"),
    "shelve": ("day",),
    "sell": ("day",),
    "inspect": ("day", "result"),
    "unpack": ("day",),
    "destroy": ("day", "amount"),
}
STEP = f"<any({', '.join(QUESTIONS)}):step>"
ASKS = f"<any({', '.join(sorted({asks for all_ in QUESTIONS.values() for asks in all_}))}):asks>"
TRAIL: Mapping[str, Any] = {
    "events.captured": _l("Your system told of goods."),
    "lot.step_told": _l("A step of a lot was noted."),
    "lot.step_corrected": _l("A step of a lot was taken back."),
}
