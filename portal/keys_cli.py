"""`flask keys list` and `keys rotate`: which keys are in use since when, and the settings with which a roll begins.

A roll is a rolling restart: begin (the new key beside the old), restart all processes, and where old keys are not
needed any more, finish (the old ones out) and restart again. The log states each change of its keys and of the stamps'.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.acting import Acting
from portal.audit import record
from portal.config import Settings
from portal.console import Commands, answer
from portal.db import begin, reading
from portal.world import World, current_world
from traceability.models import TraceBatch, TraceLogKey

keys_cli = Commands("keys", help="Which keys are in use, and how they are rolled.")
ROLL_AFTER = timedelta(days=365)
SESSIONS, FALLBACKS = "SECRET_KEY", "SECRET_KEY_FALLBACKS"


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a setting's keys are for; `old_needed` says that older versions must stay for ever."""

    setting: str
    old_needed: bool


PURPOSES: Mapping[str, Purpose] = {
    "stamps": Purpose("STAMP_ROOT_KEY", old_needed=True),
    "log": Purpose("LOG_SIGNING_KEY", old_needed=False),
    "fields": Purpose("FIELD_KEY", old_needed=True),
    "feed": Purpose("FEED_SIGNING_KEY", old_needed=False),
    "sessions": Purpose(SESSIONS, old_needed=False),
}


@keys_cli.command("list")
@click.option("--json", "as_json", is_flag=True)
def list_keys(as_json: bool) -> None:
    """List each key: purpose, version, id, since when, and when the next roll is due."""
    world = current_world()
    listed = [
        _described(world, purpose, version, key)
        for purpose, facts in PURPOSES.items()
        for version, key in sorted(_held(world.settings, facts.setting).items())
    ]
    if as_json:
        answer({"keys": listed}, as_json=True)
        return
    for one in listed:
        click.echo("{purpose} {version}  id {id}  since {since}  next roll {next}".format(**one))


def _held(settings: Settings, setting: str) -> dict[int, bytes]:
    if setting != SESSIONS:
        return settings.versioned(setting)
    older = [part.strip() for part in settings.secret_key_fallbacks.split(",") if part.strip()]
    return {number: text.encode() for number, text in enumerate([*reversed(older), settings.secret_key], start=1)}


def _described(world: World, purpose: str, version: int, key: bytes) -> dict[str, Any]:
    since = _since(reading(), world, purpose, version, key)
    return {
        "purpose": purpose,
        "version": version,
        "id": sha256(b"cho-so key id\n" + key).hexdigest()[:8],  # of a random key this tells nothing
        "since": since.isoformat(timespec="seconds") if since else None,
        "next": (since + ROLL_AFTER).date().isoformat() if since else None,
    }


def _since(rows: Session, world: World, purpose: str, version: int, key: bytes) -> datetime | None:
    """Return when a key was first used, where something remembers it."""
    if purpose == "stamps":
        return rows.scalar(select(func.min(TraceBatch.issued_at)).where(TraceBatch.key_version == version))
    if purpose == "log":
        names = rows.scalars(select(TraceLogKey).order_by(TraceLogKey.first_signed_at))
        own = type(world.log_signer.keys)({1: key})
        return next((row.first_signed_at for row in names if _is_of(row.verifier, own)), None)
    return None


def _is_of(verifier: str, keys: Any) -> bool:
    return any(verifier == one.text() for one in keys.verifiers(verifier.partition("+")[0]))


@keys_cli.command("rotate")
@click.argument("purpose", type=click.Choice(sorted(PURPOSES)))
@click.option("--finish", is_flag=True, help="Take the older keys out, when every process has the new one.")
@click.option("--json", "as_json", is_flag=True)
def rotate(purpose: str, *, finish: bool, as_json: bool) -> None:
    """Print the next value of the setting; it holds secrets, and a rolling restart takes it up."""
    world, facts = current_world(), PURPOSES[purpose]
    if finish and facts.old_needed:
        raise click.ClickException(f"keys_still_needed: what older keys of {facts.setting} made needs them for ever")
    held = _held(world.settings, facts.setting)
    kept = {max(held): held[max(held)]} if finish else held | {max(held) + 1: _fresh(facts.setting)}
    with begin() as session:
        changed: dict[str, tuple[object, object]] = {"versions": (sorted(held), sorted(kept))}
        record(
            session, now=world.clock.now(), acting=Acting.system("cli"), act="keys.roll_begun", object_id=purpose,
            changed=changed, public=frozenset(changed),
        )  # fmt: skip
    answer({"purpose": purpose, "versions": sorted(kept), **_settings(facts.setting, kept)}, as_json=as_json)


def _fresh(setting: str) -> bytes:
    return secrets.token_hex(32).encode() if setting == SESSIONS else secrets.token_bytes(32)


def _settings(setting: str, kept: Mapping[int, bytes]) -> dict[str, str]:
    if setting != SESSIONS:
        return {setting: ",".join(f"{version}:{key.hex()}" for version, key in sorted(kept.items()))}
    texts = [key.decode() for _version, key in sorted(kept.items(), reverse=True)]
    return {SESSIONS: texts[0], FALLBACKS: ",".join(texts[1:])}
