"""For whom a cashier asks, as she types it: without a name. Pure."""

import re

_NAME_LIKE = re.compile(r"[^\W\d_]{2,}")


class NameSuspected(ValueError):
    """This reads like a person's full name, which may stand on no page that can be forwarded."""


def read_payer(text: str) -> str:
    """Return initials and class, or a code, with single blanks; raise NameSuspected for what looks like a name.

    Two capitalised words beside each other, or any three words of letters alone, are taken for a name.
    """
    words = text.split()
    alphabetic = [bool(_NAME_LIKE.fullmatch(word)) for word in words]
    for at in range(len(words) - 1):
        both = alphabetic[at] and alphabetic[at + 1]
        if both and words[at][0].isupper() and words[at + 1][0].isupper():
            raise NameSuspected(text)
        if both and at + 2 < len(words) and alphabetic[at + 2]:
            raise NameSuspected(text)
    return " ".join(words)
