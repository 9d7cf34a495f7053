"""Digital Links read by us and by two independent readers; where they are known to be wrong, it is written down.

biip 5.2.0 takes GTINs of 13 digits, wrong check digits and keys of the path in the query.
digital-link.js 1.4.3 throws at `HTTPS://`, refuses signs such as + in values, takes 13 digits and month 13, and does
not decode values: that is done here.
"""

import random
from collections.abc import Mapping
from urllib.parse import unquote

import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

from tests.node import run_script
from traceability.errors import CodeSyntaxError
from traceability.gs1 import DigitalLink, PlaceLink, ShipmentLink, gtin_check_digit, parse_uri

HOST = "https://tem.example.vn"
GTIN, SERIAL, GLN, SSCC = "08938505974194", "0000500000D404PDMPB1", "8938505974194", "389385059741940025"
UNRESERVED = "ABCDEFXYZabcxyz0123456789-._"
TEXT_82 = UNRESERVED + "!\"%&'()*+,/:;<=>?"


def ours(uri: str) -> Mapping[str, str] | None:
    try:
        link = parse_uri(uri, year=2026)
    except CodeSyntaxError:
        return None
    if isinstance(link, DigitalLink):
        parts = {"01": link.gtin, "22": link.variant, "10": link.lot, "21": link.serial, "235": link.extension}
    elif isinstance(link, PlaceLink):
        parts = {"414": link.gln, "254": link.extension}
    else:
        assert isinstance(link, ShipmentLink)
        parts = {"00": link.sscc}
    return {key: value for key, value in {**parts, **link.attributes}.items() if value is not None}


def biip(uri: str) -> Mapping[str, str] | None:
    try:
        return {found.ai.ai: found.value for found in GS1DigitalLinkURI.parse(uri).element_strings}
    except Exception:  # noqa: BLE001  any refusal of the peer's is one
        return None


def peer(uris: list[str]) -> list[Mapping[str, str] | None]:
    read: list[Mapping[str, str] | None] = run_script("digital_link.js", uris)
    return [found and {key: unquote(value) for key, value in found.items()} for found in read]


def drawn(count: int, signs: str) -> list[DigitalLink]:
    """Draw links with some of variant, lot, serial and attributes."""
    deal = random.Random(20_26)
    links = []
    for _ in range(count):
        body = f"{deal.randrange(10**13):013d}"

        def word(share: float) -> str | None:
            return "".join(deal.choices(signs, k=deal.randint(1, 20))) if deal.random() < share else None

        attributes = {"17": "270131", "3103": "000500", "422": "704"}
        chosen = {key: value for key, value in attributes.items() if deal.random() < 0.4}
        links.append(DigitalLink(body + gtin_check_digit(body), word(0.3), word(0.6), word(0.7), chosen))
    return links


def test_what_we_write_biip_reads_alike() -> None:
    for link in drawn(300, TEXT_82):
        uri = HOST + link.canonical_uri().removeprefix("https://id.gs1.org")
        assert biip(uri) == ours(uri), uri
        assert GS1DigitalLinkURI.parse(uri).as_canonical_uri() == link.canonical_uri()


def test_what_we_write_digital_link_js_reads_alike() -> None:
    uris = [HOST + one.canonical_uri().removeprefix("https://id.gs1.org") for one in drawn(60, UNRESERVED)]
    assert peer(uris) == [ours(uri) for uri in uris]


# link, do we read it, does biip, does digital-link.js: True, False; a comment where a peer is wrong
CASES: tuple[tuple[str, bool, bool, bool], ...] = (
    (f"{HOST}/01/{GTIN}/21/{SERIAL}", True, True, True),
    (f"{HOST}/01/{GTIN}", True, True, True),
    (f"{HOST}/01/{GTIN}/22/V1/10/L1/21/S1", True, True, True),
    (f"http://127.0.0.1:8000/01/{GTIN}/10/L1", True, True, True),
    (f"{HOST}/some/stem/01/{GTIN}/21/01", True, True, True),
    (f"{HOST}/01/{GTIN}?17=270131", True, True, True),
    (f"{HOST}/414/{GLN}", True, True, True),
    (f"{HOST}/414/{GLN}/254/32a", True, True, True),
    (f"{HOST}/00/{SSCC}", True, True, True),
    (f"{HOST}/01/{GTIN}/21/{SERIAL}#top", True, True, False),  # refuses fragments
    (f"{HOST.upper()}/01/{GTIN}/21/{SERIAL}", True, True, False),  # throws at HTTPS://
    (f"{HOST}/01/{GTIN}/10/L%2F7", True, True, True),
    (f"{HOST}/01/{GTIN}/10/a+b", True, True, False),  # refuses the sign
    (f"{HOST}/01/{GTIN}/", True, False, True),  # biip refuses the slash at the end that resolvers tolerate
    (f"{HOST}/01/{GTIN[1:]}", False, True, True),  # both take 13 digits
    (f"{HOST}/01/08938505974195", False, True, False),  # biip does not check the digit
    (f"{HOST}/01/{GTIN}?21=S", False, True, False),  # biip takes the serial from the query
    (f"{HOST}/01/{GTIN}?17=991301", False, False, True),  # month 13
    (f"{HOST}/01/{GTIN}?17=270230", False, False, True),  # 30 February
    (f"{HOST}/01/{GTIN}/21/S/10/L", False, False, False),
    (f"{HOST}/01/{GTIN}/10/L/22/V", False, False, False),
    (f"{HOST}/gtin/{GTIN}", False, False, False),
    (f"{HOST}/01/{GTIN}/21/a%20b", False, False, False),
    (f"{HOST}/01/{GTIN}/21/{'A' * 21}", False, False, False),
    (f"{HOST}/01/{GTIN}/21/%E1%BA%A1", False, False, False),
    (f"{HOST}/01/{GTIN}/99999/x", False, False, False),
    (f"{HOST}/414/8938505974195", False, True, False),  # biip does not check the digit
    (f"{HOST}/00/389385059741940026", False, True, False),  # biip does not check the digit
    (f"{HOST}/00/{SSCC[1:]}", False, False, False),
    (f"ftp://tem.example.vn/01/{GTIN}", False, False, False),
    (f"Https://tem.example.vn/01/{GTIN}", False, True, False),  # biip takes a scheme in mixed case
    (f"https:///01/{GTIN}", False, True, True),  # both take a link without a host
    (f"{HOST}/", False, False, False),
)


def test_every_case_is_read_by_whom_it_should_be() -> None:
    by_peer = peer([uri for uri, *_ in CASES])
    wrong = []
    for (uri, we, other, third), theirs in zip(CASES, by_peer, strict=True):
        read = (ours(uri) is not None, biip(uri) is not None, theirs is not None)
        if read != (we, other, third):
            wrong.append((uri, read))
        for found in (biip(uri), theirs):
            if we and found is not None:
                assert found == ours(uri), uri
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("uri", [f"{HOST}/01/{GTIN}?10=L", f"{HOST}/414/{GLN}?254=x", f"{HOST}/01/{GTIN}?9999=1"])
def test_numeric_keys_in_the_query_are_known_attributes_or_refused(uri: str) -> None:
    assert ours(uri) is None
