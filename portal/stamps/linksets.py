"""What there is to read about a product, a lot or a stamp, as links; a set of them in the form of RFC 9264."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask_babel import gettext as _

from portal.i18n import LANGUAGES, day
from portal.stamps.goods import Goods
from portal.stamps.uris import lot_uri
from traceability import DigitalLink, Recall, Sight

VOCABULARY = "https://ref.gs1.org/voc/"
LINKSET = "application/linkset+json"
_PREFIXES = ("gs1:", VOCABULARY, "https://gs1.org/voc/", "https://www.gs1.org/voc/")
_PAGE, _TEXT, _EVENTS = "text/html", "text/plain", "application/ld+json"


@dataclass(frozen=True, slots=True)
class Link:
    """One thing to read: GS1's name of what it is, an absolute address, a title, its media type."""

    kind: str
    href: str
    title: str
    media: str = _PAGE

    def as_json(self) -> dict[str, Any]:
        """Write the target as RFC 9264 has it."""
        languages = {"hreflang": list(LANGUAGES)} if self.media == _PAGE else {}
        return {"href": self.href, "title": self.title, "type": self.media, **languages}


@dataclass(frozen=True, slots=True)
class About:
    """What a link names: its own address, what it is called, and what there is to read of it, the default first."""

    anchor: str
    title: str
    links: tuple[Link, ...]


def kind_named(asked: str) -> str:
    """Return GS1's name of a kind of link, however it was written."""
    for prefix in _PREFIXES:
        if asked.startswith(prefix):
            return asked.removeprefix(prefix)
    return asked


def linkset(about: About, links: Sequence[Link] | None = None) -> dict[str, Any]:
    """Write a linkset; its default link has a title and nothing else. With `links` only these, and no default."""
    entry: dict[str, Any] = {"anchor": about.anchor, "itemDescription": about.title}
    if links is None:
        entry[VOCABULARY + "defaultLink"] = [{"href": about.anchor, "title": about.title}]
    for link in about.links if links is None else links:
        entry.setdefault(VOCABULARY + link.kind, []).append(link.as_json())
    return {"linkset": [entry]}


def link_header(public_url: str, path: str) -> str:
    """Return the header that leads from any other answer to the set of links."""
    return f'<{public_url}{path}?linkType=linkset>; rel="linkset"; type="{LINKSET}"'


def about_product(public_url: str, *, goods: Goods, gtin: str, recalls: Sequence[Recall]) -> About:
    """Return what there is to read of a product."""
    anchor = public_url + DigitalLink(gtin).path()
    links = [Link("pip", anchor, goods.name)]
    if goods.certificate is not None:
        links.append(Link("certificationInfo", anchor, _("Safe food chain")))
    return About(anchor, goods.name, (*links, *_recalled(anchor, recalls)))


def about_lot(
    public_url: str, *, goods: Goods, gtin: str, lot: tuple[str, str], recalls: Sequence[Recall]
) -> About:  # fmt: skip
    """Return what there is to read of a lot, given by id and number."""
    lot_id, number = lot
    anchor = public_url + DigitalLink(gtin, lot=number).path()
    title = _("%(name)s, lot %(number)s", name=goods.name, number=number)
    links = (
        *about_product(public_url, goods=goods, gtin=gtin, recalls=()).links,
        Link("traceability", anchor, title),
        _events(public_url, lot_id=lot_id, number=number, gtin=gtin),
    )
    return About(anchor, title, (*links, *_recalled(anchor, recalls)))


def about_parcel(public_url: str, *, sscc: str, name: str, recalls: Sequence[Recall]) -> About:
    """Return what there is to read of a parcel; `name` is what events call it."""
    anchor, title = f"{public_url}/00/{sscc}", _("Parcel %(number)s", number=sscc)
    events = f"{public_url}/epcis/events?MATCH_anyEPC={quote(name, safe='')}"
    links = (
        Link("traceability", anchor, title),
        Link("epcis", events, _("Steps of this parcel, for machines"), _EVENTS),
    )
    return About(anchor, title, (*links, *_recalled(anchor, recalls)))


def about_stamp(public_url: str, *, goods: Goods, sight: Sight, number: str | None) -> About:
    """Return what there is to read of one stamp; `number` is its lot's."""
    gtin, own = sight.header.gtin, f"{public_url}/s/{sight.serial}"
    title = _("One package of %(name)s", name=goods.name)
    recalls = () if sight.recall is None else (sight.recall,)
    links: list[Link] = []
    if gtin is not None and sight.lot is not None and number is not None:
        links += about_lot(public_url, goods=goods, gtin=gtin, lot=(sight.lot, number), recalls=()).links
    elif gtin is not None:
        links += about_product(public_url, goods=goods, gtin=gtin, recalls=()).links
    links += [
        Link("verificationService", own, _("Check this code")),
        Link("verificationService", f"{own}/proof", _("Download the proof"), _TEXT),
    ]
    anchor = own if gtin is None else public_url + DigitalLink(gtin, serial=sight.serial).path()
    return About(anchor, title, (*links, *_recalled(anchor, recalls)))


def _recalled(anchor: str, recalls: Sequence[Recall]) -> list[Link]:
    if not recalls:
        return []
    since = min(recall.opened_at for recall in recalls)
    return [Link("recallStatus", anchor, _("RECALLED since %(d)s", d=day(since)))]


def _events(public_url: str, *, lot_id: str, number: str, gtin: str) -> Link:
    named = lot_uri(public_url, lot_id=lot_id, number=number, gtin=gtin)
    address = f"{public_url}/epcis/events?MATCH_anyEPCClass={quote(named, safe='')}"
    return Link("epcis", address, _("Steps of this lot, for machines"), _EVENTS)
