"""Payees and the feeds of their bank accounts: made by a person, once."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payments import rows
from payments.codes import CodeForm
from payments.errors import FeedExists, PayeeExists, PayeeInvalid, PrefixTaken
from payments.gateways.banks import can_receive
from payments.models import Chain, Feed, Payee
from payments.states import FEED, FeedStatus
from payments.types import new_id

_ACCOUNT = re.compile(r"[A-Za-z0-9]{1,19}")
_BIN = re.compile(r"[0-9]{6}")
_SERIES = re.compile(r"[A-Z0-9]{1,8}")
GENESIS = b"\x00" * 32

# Money that reached the province's terminals for nobody whom we know is still money: it has books of its own.
HOUSE_PAYEE_ID = "py_house"
_HOUSE_PREFIX = "ZZZZ"
# They look a bill up by its code and nothing else, so no two who take money by them may begin their codes alike.
_BY_CODE_ALONE = ("keypay",)


def create_payee(
    session: Session,
    *,
    name: str,
    holder_name: str,
    bank_bin: str,
    account: str,
    prefix: str,
    gateways: tuple[str, ...],
    now: datetime,
    area_ref: str | None = None,
    code_digits: int = 7,
    code_check: bool = True,
    receipt_series: str = "BL",
) -> Payee:
    """Make a payee with its empty books; raises PayeeInvalid, PayeeExists or PrefixTaken."""
    CodeForm(prefix=prefix, digits=code_digits, check_digit=code_check)
    _require(
        name=0 < len(name.strip()) <= 200,
        holder_name=0 < len(holder_name.strip()) <= 100,
        bank_bin=_BIN.fullmatch(bank_bin) is not None and can_receive(bank_bin),
        account=_ACCOUNT.fullmatch(account) is not None,
        gateways=_are_ways(gateways),
        receipt_series=_SERIES.fullmatch(receipt_series) is not None,
    )
    payee_id = new_id("py")
    _require_own_prefix(session, payee_id, prefix, gateways)
    written = rows.insert_once(
        session,
        Payee,
        {
            "id": payee_id,
            "name": name.strip(),
            "holder_name": holder_name.strip(),
            "bin": bank_bin,
            "account": account,
            "prefix": prefix,
            "code_digits": code_digits,
            "code_check": code_check,
            "last_code": 0,
            "gateways": " ".join(gateways),
            "receipt_series": receipt_series,
            "area_ref": area_ref,
            "created_at": now,
        },
    )
    if not written:
        raise PayeeExists(bank_bin=bank_bin)
    session.add(Chain(payee_id=payee_id, last_seq=0, last_hash=GENESIS))
    session.flush()
    return rows.payee(session, payee_id)


def set_ways(session: Session, *, payee_id: str, gateways: tuple[str, ...]) -> Payee:
    """Change by which gateways a payee takes money from now on; tries that run go on.

    Raises PayeeInvalid, PayeeUnknown or PrefixTaken.
    """
    _require(gateways=_are_ways(gateways))
    payee = rows.payee(session, payee_id)
    _require_own_prefix(session, payee.id, payee.prefix, gateways)
    payee.gateways = " ".join(dict.fromkeys(gateways))
    session.flush()
    return payee


def house_payee(session: Session, *, now: datetime) -> Payee:
    """Return the payee under whose books money for nobody known is kept, making it the first time."""
    found = session.get(Payee, HOUSE_PAYEE_ID)
    if found is not None:
        return found
    rows.insert_once(
        session,
        Payee,
        {
            "id": HOUSE_PAYEE_ID,
            "name": HOUSE_PAYEE_ID,
            "holder_name": HOUSE_PAYEE_ID,
            "bin": "000000",
            "account": "0",
            "prefix": _HOUSE_PREFIX,
            "code_digits": 7,
            "code_check": True,
            "last_code": 0,
            "gateways": "",
            "receipt_series": "X",
            "area_ref": None,
            "created_at": now,
        },
    )
    rows.insert_once(session, Chain, {"payee_id": HOUSE_PAYEE_ID, "last_seq": 0, "last_hash": GENESIS})
    return rows.payee(session, HOUSE_PAYEE_ID)


def get_payee(session: Session, payee_id: str) -> Payee:
    """Return a payee or raise PayeeUnknown."""
    return rows.payee(session, payee_id)


def has_feed(session: Session, *, payee_id: str) -> bool:
    """Say whether a payee's account is watched."""
    statement = select(Feed.id).where(Feed.payee_id == payee_id, Feed.status != FeedStatus.CLOSED)
    return session.scalar(statement.limit(1)) is not None


def open_feed(session: Session, *, payee_id: str, provider: str, now: datetime) -> Feed:
    """Open the one live feed of a payee's account; raises FeedExists."""
    owner = rows.payee(session, payee_id)
    feed_id = new_id("fe")
    written = rows.insert_once(
        session,
        Feed,
        {
            "id": feed_id,
            "payee_id": owner.id,
            "provider": provider,
            "account": owner.account,
            "status": FEED.move(None, FeedStatus.LIVE),
            "last_balance_minor": None,
            "last_line": None,
            "next_pull_at": now,
            "lease_no": 0,
            "created_at": now,
        },
    )
    if not written:
        raise FeedExists(account_end=owner.account[-4:])
    return session.scalars(select(Feed).where(Feed.id == feed_id)).one()


def _are_ways(gateways: tuple[str, ...]) -> bool:
    return bool(gateways) and all(gateway.isidentifier() for gateway in gateways)


def _require_own_prefix(session: Session, payee_id: str, prefix: str, gateways: tuple[str, ...]) -> None:
    alone = set(gateways).intersection(_BY_CODE_ALONE)
    if not alone:
        return
    others = session.scalars(select(Payee.gateways).where(Payee.prefix == prefix, Payee.id != payee_id))
    if any(alone.intersection(ways.split()) for ways in others):
        raise PrefixTaken(prefix=prefix)


def _require(**good: bool) -> None:
    """Name the first field that is not usable."""
    for field, usable in good.items():
        if not usable:
            raise PayeeInvalid(field=field)
