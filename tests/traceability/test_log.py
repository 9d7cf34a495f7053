"""The log: places without gaps, tiles that anybody can check, and a signer that never tells two histories."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select

import traceability as trace
from tests.traceability import racing
from tests.traceability.making import NOW, ORIGIN, Made
from traceability import errors
from traceability.log import add_entry, root_at
from traceability.merkle import fold
from traceability.models import TraceCheckpoint, TraceEntry, TraceLog, TraceLogTile
from traceability.notes import open_checkpoint

Read = Callable[[str], bytes]


def add_events(session: Any, count: int, *, start: int = 0) -> None:
    for number in range(start, start + count):
        add_entry(session, now=NOW, kind="key_rotated", facts={"hash": f"sha256:{number:064x}"})


def served(session: Any) -> Read:
    """Serve the log by path, as the web does."""

    def read(path: str) -> bytes:
        if path == "checkpoint":
            latest = trace.latest_checkpoint(session)
            assert latest is not None
            return latest.note.encode()
        kind, _, name = path.removeprefix("tile/").partition("/")
        number, width = trace.parse_number(name)
        if kind == "entries":
            return trace.read_entry_bundle(session, number=number, width=width)
        return trace.read_log_tile(session, level=int(kind), number=number, width=width)

    return read


def read_whole_log(read: Read, verifier: str) -> list[bytes]:
    """Read entries, tiles and checkpoint with hashlib and one signature check; uses nothing of the library."""
    name, key_id, key_text = verifier.split("+", 2)
    text, _, signatures = read("checkpoint").decode().rpartition("\n\n")
    text += "\n"
    signature = base64.b64decode(signatures.splitlines()[0].split(" ")[2])
    assert signature[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(base64.b64decode(key_text)[1:]).verify(signature[4:], text.encode())
    origin, size_text, root_text = text.splitlines()
    assert origin == name
    size = int(size_text)

    def path(prefix: str, number: int, width: int) -> str:
        groups = [f"{number % 1000:03d}"]
        while number >= 1000:
            number //= 1000
            groups.insert(0, f"x{number % 1000:03d}")
        return f"{prefix}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")

    entries: list[bytes] = []
    for number in range((size + 255) // 256):
        data = read(path("tile/entries", number, min(256, size - number * 256)))
        while data:
            length = int.from_bytes(data[:2], "big")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
    assert len(entries) == size
    row = [sha256(b"\0" + entry).digest() for entry in entries]
    level = 0
    whole = row
    while whole:
        for number in range((len(whole) + 255) // 256):
            part = whole[number * 256 : number * 256 + 256]
            assert read(path(f"tile/{level}", number, len(part))) == b"".join(part)
        tiles = [whole[start : start + 256] for start in range(0, len(whole) - 255, 256)]
        for _ in range(8):
            tiles = [[sha256(b"\1" + tile[n] + tile[n + 1]).digest() for n in range(0, len(tile), 2)] for tile in tiles]
        whole = [tile[0] for tile in tiles]
        level += 1

    def root(hashes: list[bytes]) -> bytes:
        if len(hashes) == 1:
            return hashes[0]
        split = 1 << (len(hashes) - 1).bit_length() - 1
        return sha256(b"\1" + root(hashes[:split]) + root(hashes[split:])).digest()

    assert base64.b64decode(root_text) == root(row)
    return entries


def test_the_log_read_from_outside_at_each_border(made: Made, session: Any) -> None:
    made.issue(1)
    done = 1
    for size in (1, 255, 256, 257):
        add_events(session, size - done, start=done)
        done = size
        made.publish()
        entries = read_whole_log(served(session), trace.log_keys(session)[0])
        assert len(entries) == size
    assert made.fsck() == []


def test_what_is_beyond_the_published_size_is_absent(made: Made, session: Any) -> None:
    add_events(session, 300)
    made.publish()
    add_events(session, 300, start=300)
    trace.integrate_entries(session, now=NOW)
    read = served(session)
    assert len(read("tile/0/001.p/44")) == 44 * 32
    assert len(read("tile/0/000.p/7")) == 7 * 32
    for name in ("tile/0/001.p/45", "tile/0/001", "tile/0/002", "tile/1/000", "tile/1/000.p/2", "tile/entries/001"):
        with pytest.raises(errors.TileAbsent):
            read(name)
    with pytest.raises(errors.TileAbsent):
        trace.read_log_tile(session, level=64, number=0, width=1)


def test_entries_that_are_refused(made: Made, session: Any) -> None:
    with pytest.raises(errors.EntryNotCanonical):
        add_entry(session, now=NOW, kind="event_recorded", facts={"weight": 1.5})  # type: ignore[dict-item]
    with pytest.raises(errors.EntryTooLarge):
        add_entry(session, now=NOW, kind="event_recorded", facts={"text": "x" * 65_536})
    with pytest.raises(ValueError, match="no entry type"):
        add_entry(session, now=NOW, kind="note_taken", facts={})


def test_the_origin_is_frozen(made: Made, session: Any) -> None:
    assert trace.open_log(session, now=NOW, origin="moved.example/log") == ORIGIN
    assert trace.log_origin(session) == ORIGIN


def test_places_have_no_gaps_whatever_rolls_back(database_url: str) -> None:
    engine = racing.open_engine(database_url)
    with racing.writing(engine) as session:
        trace.open_log(session, now=NOW, origin=ORIGIN)
    names = [[f"{writer}-{number}" for number in range(24)] for writer in range(2)]
    racing.race(racing.add_each, [(database_url, names[0]), (database_url, names[1])])
    with racing.writing(engine) as session:
        while trace.integrate_entries(session, now=NOW):
            pass
        places = list(session.scalars(select(TraceEntry.position).order_by(TraceEntry.position)))
        texts = b"".join(session.scalars(select(TraceEntry.data)))
        size = session.execute(select(TraceLog.size)).scalar_one()
    engine.dispose()
    kept = [name for group in names for number, name in enumerate(group) if number % 3 != 2]
    assert places == list(range(len(kept)))
    assert size == len(kept)
    assert all(texts.count(f'"{name}"'.encode()) == 1 for name in kept)


def test_of_fifty_writers_at_once_every_entry_has_one_place(database_url: str) -> None:
    engine = racing.open_engine(database_url, pool_size=52)
    with racing.writing(engine) as session:
        trace.open_log(session, now=NOW, origin=ORIGIN)
    names = [[f"{writer}-{number}" for number in range(6)] for writer in range(50)]
    with ThreadPoolExecutor(50) as writers:
        done = list(writers.map(lambda group: racing.add_some(engine, group), names))
    with racing.writing(engine) as session:
        while trace.integrate_entries(session, now=NOW):
            pass
        places = list(session.scalars(select(TraceEntry.position).order_by(TraceEntry.position)))
        texts = b"".join(session.scalars(select(TraceEntry.data)))
    engine.dispose()
    kept = [name for group in names for number, name in enumerate(group) if number % 3 != 2]
    assert sum(done) == len(kept) == 200
    assert places == list(range(200))
    assert all(texts.count(f'"{name}"'.encode()) == 1 for name in kept)


def test_nothing_new_is_nothing_signed(made: Made, session: Any) -> None:
    assert made.publish() is None
    add_events(session, 1)
    assert made.publish() is not None
    assert made.publish() is None


def test_a_restored_backup_does_not_sign(made: Made, session: Any) -> None:
    add_events(session, 5)
    made.publish()
    session.flush()
    point = session.begin_nested()
    add_events(session, 5, start=5)
    made.publish()
    point.rollback()
    session.expire_all()
    assert session.execute(select(TraceLog.size)).scalar_one() == 5
    with pytest.raises(errors.CheckpointBehind):
        made.publish()
    add_events(session, 7, start=100)
    with pytest.raises(errors.CheckpointInconsistent):
        made.publish()
    assert session.execute(select(func.count()).select_from(TraceCheckpoint)).scalar_one() == 1


def test_a_crash_between_head_and_commit_is_healed(made: Made, session: Any) -> None:
    add_events(session, 5)
    trace.integrate_entries(session, now=NOW)
    session.flush()
    point = session.begin_nested()
    lost = trace.publish_checkpoint(session, now=NOW, keys=made.log_keys, head=made.head)
    point.rollback()
    session.expire_all()
    assert trace.latest_checkpoint(session) is None
    again = trace.publish_checkpoint(session, now=NOW, keys=made.log_keys, head=made.head)
    assert again is not None
    assert lost is not None
    assert again.note == lost.note


def test_a_changed_past_is_not_signed(made: Made, session: Any) -> None:
    add_events(session, 5)
    made.publish()
    row = session.get(TraceLogTile, (0, 0))
    row.hashes = bytes(32) + row.hashes[32:]
    add_events(session, 1, start=5)
    with pytest.raises(errors.CheckpointInconsistent):
        made.publish()


def test_another_log_s_head_stops_the_signer(made: Made, session: Any) -> None:
    made.head.write(trace.Checkpoint("other.example/log", 1, bytes(32)))
    add_events(session, 5)
    with pytest.raises(errors.CheckpointInconsistent):
        made.publish()


def test_a_key_roll_keeps_every_public_key(made: Made, session: Any) -> None:
    add_events(session, 1)
    made.publish()
    old = made.log_keys.verifiers(ORIGIN)
    made.log_keys = trace.SigningKeys({1: bytes([7]) * 32, 2: bytes([8]) * 32})
    add_events(session, 1, start=1)
    both = made.publish()
    assert both is not None
    assert open_checkpoint(both.note, old).size == 2
    made.log_keys = trace.SigningKeys({2: bytes([8]) * 32})
    add_events(session, 1, start=2)
    made.publish()
    assert len(trace.log_keys(session)) == 2
    assert made.fsck() == []


def test_roots_at_every_size(made: Made, session: Any) -> None:
    add_events(session, 20)
    while trace.integrate_entries(session, now=NOW, most=3):
        pass
    leaves = list(session.scalars(select(TraceEntry.leaf_hash).order_by(TraceEntry.position)))
    assert [root_at(session, size) for size in range(21)] == [fold(leaves[:size]) for size in range(21)]
