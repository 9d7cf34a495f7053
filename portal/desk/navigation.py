"""The officer's side of each page: first what needs a person, then what there is to see; and where one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import g, request, url_for
from flask_babel import gettext as _

from portal.db import reading
from portal.desk.waiting import Tally, queues_of, tallies


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the side: its words, address, count where something is counted, and whether it is this page."""

    words: Any
    address: str
    count: int | None = None
    here: bool = False

    @property
    def at_rest(self) -> bool:
        """Say whether this is a list in which nothing waits, and not the one that is open."""
        return self.count == 0 and not self.here


def waiting_here() -> list[Tally]:
    """Return what waits within this officer's reach, counted once a request."""
    if "waiting" not in g:
        g.waiting = tallies(reading(), g.acting, queues_of(g.acting))
    found: list[Tally] = g.waiting
    return found


def officer_side() -> list[tuple[str, list[Entry]]]:
    """Return the side's groups of links with their headings."""
    waiting = waiting_here()
    urgent = [Entry(_("My desk"), url_for("desk.officer"), sum(one.count for one in waiting))]
    urgent += [Entry(one.queue.name, one.queue.address(), one.count) for one in waiting]
    seen = [
        Entry(_("Who falls behind"), url_for("desk.behind_page")),
        Entry(_("Households not there yet"), url_for("desk.not_yet_page")),
        Entry(_("What changed"), url_for("desk.changes_page")),
        Entry(_("Figures by commune"), url_for("adoption.officer_figures")),
        Entry(_("Community digital teams"), url_for("teams.officer_teams")),
    ]
    seen.append(Entry(_("Counterfeit watch"), url_for("watch.watch")))
    seen.append(Entry(_("Register of certificates"), url_for("registers.certificates")))
    if g.acting.role == "province_officer":
        seen.append(Entry(_("Marketplaces"), url_for("marketplaces.officer_channels")))
        seen.append(Entry(_("Settlement with gateways"), url_for("accounts.overview")))
    seen.append(Entry(_("Public dashboard"), url_for("adoption.dashboard")))
    groups = [(_("Needs a person"), urgent), (_("To see"), seen)]
    here = _here([one for _heading, entries in groups for one in entries])
    return [(heading, [_marked(one, here) for one in entries]) for heading, entries in groups]


def _marked(entry: Entry, here: Entry | None) -> Entry:
    return Entry(entry.words, entry.address, entry.count, here=entry is here)


def _here(entries: Sequence[Entry]) -> Entry | None:
    """Return the entry of this page or of the list above it: the longest address that this one begins with.

    Where two lead to one page, such as the marketplaces', the later one, which is the page's own, is meant.
    """
    found: list[tuple[int, int, Entry]] = []
    for place, entry in enumerate(entries):
        parts = urlsplit(entry.address)
        asked = dict(parse_qsl(parts.query))
        same = request.path == parts.path and all(request.args.get(name) == value for name, value in asked.items())
        below = request.path.startswith(parts.path + "/") and parts.path != url_for("desk.officer")
        if same or below:
            found.append((len(entry.address), place, entry))
    return max(found, key=lambda one: one[:2])[2] if found else None
