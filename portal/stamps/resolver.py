"""The rules of a GS1 resolver: a set of links to whoever asks for it, one link of a kind by redirect, or a choice."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Response, jsonify, render_template, request

from portal.errors import wants_json
from portal.stamps.errors import LinkTypeAbsent
from portal.stamps.linksets import LINKSET, About, Link, kind_named, linkset
from portal.world import World

_SET = frozenset({"linkset", "all"})  # `all` is the name that older resolvers gave it
_DEFAULT = "defaultLink"
_ASKS = b"linkType="


def link_asked() -> str | None:
    """Return the kind of link that is asked for, `linkset` for all of them; None where the page itself is."""
    if _ASKS in request.query_string:
        asked = request.args.get("linkType", "")
        if asked in _SET:
            return "linkset"
        if asked:
            return None if kind_named(asked) == _DEFAULT else kind_named(asked)
    accepted = request.headers.get("Accept", "")
    if LINKSET in accepted and request.accept_mimetypes[LINKSET] >= request.accept_mimetypes["text/html"]:
        return "linkset"
    return None


def answer_links(about: About, kind: str) -> Response:
    """Answer with the set, or lead to the one link of a kind; raises LinkTypeAbsent."""
    if kind == "linkset":
        answer = _as_set(linkset(about))
    else:
        offered = [link for link in about.links if link.kind == kind]
        if not offered:
            raise LinkTypeAbsent(link_type=kind[:40])
        chosen = _preferred(offered)
        answer = _choices(about, offered) if chosen is None else Response(status=307)
        if chosen is not None:
            answer.headers["Location"] = _passed_on(chosen.href)
    answer.headers["Vary"] = "Accept"
    return answer


def _as_set(content: dict[str, Any]) -> Response:
    answer = jsonify(content)
    answer.content_type = LINKSET
    return answer


def _preferred(offered: list[Link]) -> Link | None:
    """Return the one that the reader's media types prefer; None if they prefer none of several."""
    if len(offered) == 1:
        return offered[0]
    ranked = sorted(((request.accept_mimetypes[link.media], place) for place, link in enumerate(offered)), reverse=True)
    return offered[ranked[0][1]] if ranked[0][0] > ranked[1][0] else None


def _choices(about: About, offered: list[Link]) -> Response:
    if wants_json() or not request.accept_mimetypes.accept_html:
        answer = _as_set(linkset(about, offered))
        answer.status_code = 300
        return answer
    return Response(render_template("stamps/choices.html", about=about, links=offered), status=300)


def _passed_on(href: str) -> str:
    """Add what else was asked to an address; the kind of link is answered, and would lead round in a circle."""
    asked = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
    rest = [(key, value) for key, value in asked if key not in ("linkType", "context")]
    return href + ("&" if "?" in href else "?") + urlencode(rest) if rest else href


def describe_resolver(world: World, *, name: str) -> dict[str, Any]:
    """Describe the resolver to machines; GS1's own schema of this file was not seen."""
    root = world.settings.public_url.rstrip("/")
    return {
        "name": name,
        "resolverRoot": root,
        "supportedPrimaryKeys": ["00", "01", "414"],
        "supportedLinkType": [{"namespace": "https://ref.gs1.org/voc/", "prefix": "gs1:"}],
        "linkTypeDefaultCanBeLinkset": False,
        "supportsCompression": False,
        "contact": {"fn": name, "hasTelephone": world.settings.help_phone},
    }
