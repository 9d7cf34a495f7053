"""Pitfall 19: after a run of the demo, nothing about a person is in anything that the log or the ledger shows."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portal.catalogue.models import Product
from portal.db import begin, reading
from portal.demo import sellers
from portal.demo.cast import SELLERS
from portal.demo.establishments import load_establishments
from portal.demo.load import BEGINS
from portal.demo.stage import Stage, stage
from portal.onboarding.models import Organisation, Person
from portal.onboarding.persons import person_id_number, person_name, person_phone
from portal.recalls.actions import Danger, recall_lot
from portal.stamps import actions as stamps
from portal.stamps.anchoring import anchor
from portal.stamps.due import grow_log
from portal.stamps.lots import begin_lot
from portal.stamps.orders import issue_now
from portal.stamps.wiring import book_of
from tests.portal.demo.provinces import load_province
from tests.portal.onboarding.making import officer
from traceability import LotFacts, ScanCode, bundle, stamp_codes
from traceability.models import TraceAnchor, TraceCheckpoint, TraceEntry, TraceLogTile, TraceTransaction

FEW = [replace(one, wares=tuple(replace(ware, channels=()) for ware in one.wares)) for one in SELLERS[:2]]


@pytest.fixture
def scene(session: Any, world: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The demo's establishments, and two of its households."""
    load_province(session, world, ("80@20210101", "80@20250701"))
    monkeypatch.setattr(sellers, "cast", lambda _stage: FEW)
    settings = replace(world.settings, values={**world.settings.values, "INSTANCE_DIR": str(tmp_path)})
    made = stage(replace(world, settings=settings), at=BEGINS, scale=0.00003, say=lambda _text: None)
    approves = officer(session, world)
    session.commit()
    load_establishments(made)
    sellers.load_sellers(made, officer_id=str(approves.login_id))
    return made


def told_by_households(scene: Stage) -> list[str]:
    """Let each household put stamps on a lot and recall it; return a proof of each."""
    proofs = []
    households = (
        select(Product).join(Organisation, Organisation.id == Product.organisation_id)
        .where(Organisation.kind == "household")
    )  # fmt: skip
    for product in reading().scalars(households).all():
        owner, now, at = scene.as_of(product.organisation_id), scene.clock.now(), scene.world.settings.public_url
        _order, issued = issue_now(scene.world, now=now, acting=owner, product_id=product.id, count=5)
        assert issued is not None
        facts = LotFacts(
            number="L1",
            product=product.id,
            establishment=product.organisation_id,
            origin_words="Ấp 3",
            produced_on=date(2022, 1, 1),
        )
        with begin() as rows:
            lot = begin_lot(rows, now=now, acting=owner, facts=facts, public_url=at).id
            stamps.activate(rows, now=now, acting=owner, batch=issued.batch, first=0, last=4, lot_id=lot)
        danger = Danger(instruction="Gọi bà Hạnh 0901200001", contact="0901 200 001", found_at=now)
        with begin() as rows:
            recall_lot(
                rows, now=now, acting=owner, lot_id=lot, danger=danger, keys=scene.world.field_keys, public_url=at
            )
        publish(scene)
        book = book_of(scene.world.stamp_keys)
        code = next(stamp_codes(reading(), book=book, batch=issued.batch, first=0, last=0)).serial
        proofs.append(bundle(reading(), book=book, code=ScanCode(code)))
    return proofs


def publish(scene: Stage) -> None:
    """Do the log's and the ledger's due work until there is none."""
    while grow_log(scene.world):
        pass
    while anchor(scene.world):
        pass


def test_nothing_about_a_person_is_published(scene: Stage, capfd: Any) -> None:
    capfd.readouterr()
    proofs = told_by_households(scene)
    assert len(proofs) == 2
    session = reading()
    shown = [*proofs, *session.scalars(select(TraceCheckpoint.note)), *capfd.readouterr()]
    everything = b"\n".join(
        [
            *(text.encode() for text in shown),
            *session.scalars(select(TraceEntry.data)),
            *session.scalars(select(TraceLogTile.hashes)),
            *session.scalars(select(TraceTransaction.raw)),
            *(receipt.encode() for receipt in session.scalars(select(TraceAnchor.receipt)) if receipt),
        ]
    )
    kinds = set(session.scalars(select(TraceEntry.kind).distinct()))
    assert {"batch_issued", "range_activated", "event_recorded", "certificate_recorded", "recall_opened"} <= kinds
    keys, people = scene.world.field_keys, session.scalars(select(Person)).all()
    assert len(people) == 2
    for person in people:
        phone = person_phone(person, keys)
        assert phone is not None
        number = person_id_number(person, keys)
        for private in (person_name(person, keys), phone.e164[3:], *([number.value] if number else [])):
            assert private
            assert private.encode() not in everything
    assert "Ấp 3".encode() not in everything
