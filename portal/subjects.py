"""What every subject hands to the portal: indicators, due work, sentences, template context, and what is on a desk."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from portal.adoption import desk as adoption_desk
from portal.adoption import due as adoption_due
from portal.adoption import errors as adoption_errors
from portal.cashier import bindings as cashier_bindings
from portal.cashier import due as cashier_due
from portal.cashier import errors as cashier_errors
from portal.cashier import indicators as cashier_indicators
from portal.cashier import settlement_errors
from portal.cashier.models import CashierDeskState
from portal.catalogue import bindings as catalogue_bindings
from portal.catalogue import desk as catalogue_desk
from portal.catalogue import errors as catalogue_errors
from portal.catalogue import indicators as catalogue_indicators
from portal.catalogue.models import ChainConfirmation
from portal.catalogue.seeds import sectors
from portal.counting import Counter, Indicator, counting_many
from portal.counting import errors as counting_errors
from portal.demo import errors as demo_errors
from portal.desk import cases as desk_cases
from portal.desk import errors as desk_errors
from portal.epcis import bindings as epcis_bindings
from portal.epcis import desk as epcis_desk
from portal.epcis import errors as epcis_errors
from portal.errors import Sentences
from portal.hospital import desk as hospital_desk
from portal.hospital import errors as hospital_errors
from portal.marketplaces import bindings as marketplaces_bindings
from portal.marketplaces import desk as marketplaces_desk
from portal.marketplaces import due as marketplaces_due
from portal.marketplaces import eligibility_indicators
from portal.marketplaces import errors as marketplaces_errors
from portal.marketplaces import indicators as marketplaces_indicators
from portal.marketplaces.channels.registry import NAMES as CHANNELS
from portal.marketplaces.eligibility_models import Snapshot
from portal.marketplaces.models import ChannelAccount, ChannelLinkState, ListingLive
from portal.onboarding import bindings as onboarding_bindings
from portal.onboarding import desk as onboarding_desk
from portal.onboarding import due as onboarding_due
from portal.onboarding import errors as onboarding_errors
from portal.onboarding import indicators as onboarding_indicators
from portal.onboarding.models import ASSISTED_BY, SELLER_KINDS, StageReached
from portal.onboarding.programmes import OTHER_SECTOR
from portal.onboarding.questions import ask_parted
from portal.onboarding.roster_models import ProgrammeEntry
from portal.onboarding.rosters import due as roster_due
from portal.onboarding.rosters import errors as roster_errors
from portal.onboarding.stages import STAGES
from portal.pay import desk as pay_desk
from portal.pay import due as pay_due
from portal.pay import errors as pay_errors
from portal.pay.models import TYPES, InstitutionList
from portal.pay.wiring import SENDERS
from portal.people import due as people_due
from portal.people import errors as people_errors
from portal.places import desk as places_desk
from portal.places import due as places_due
from portal.places import errors as places_errors
from portal.places import indicators as places_indicators
from portal.places.actions import follow_reforms
from portal.queues import Queue
from portal.recalls import bindings as recalls_bindings
from portal.recalls import desk as recalls_desk
from portal.recalls import errors as recalls_errors
from portal.receipts import due as receipts_due
from portal.receipts import errors as receipts_errors
from portal.registers import bindings as registers_bindings
from portal.registers import desk as registers_desk
from portal.registers import due as registers_due
from portal.registers import errors as registers_errors
from portal.schools import due as schools_due
from portal.schools import errors as schools_errors
from portal.stalls import desk as stalls_desk
from portal.stalls import errors as stalls_errors
from portal.stamps import bindings as stamps_bindings
from portal.stamps import desk as stamps_desk
from portal.stamps import due as stamps_due
from portal.stamps import errors as stamps_errors
from portal.stamps import indicators as stamps_indicators
from portal.supply import desk as supply_desk
from portal.supply import errors as supply_errors
from portal.systems import errors as systems_errors
from portal.teams import bindings as teams_bindings
from portal.teams import desk as teams_desk
from portal.teams import due as teams_due
from portal.teams import errors as teams_errors
from portal.teams import indicators as teams_indicators
from portal.teams.models import ROLES as TEAM_ROLES
from portal.teams.models import Team, TeamMember
from portal.uploads import errors as upload_errors
from portal.watch import bindings as watch_bindings
from portal.watch import desk as watch_desk
from portal.watch import due as watch_due
from portal.worker import Step
from portal.world import current_world


def indicators() -> tuple[Indicator, ...]:
    """Return every indicator, in the order of the catalogue."""
    return (
        *onboarding_indicators.INDICATORS,
        *catalogue_indicators.INDICATORS,
        *marketplaces_indicators.INDICATORS,
        *eligibility_indicators.INDICATORS,
        *stamps_indicators.INDICATORS,
        *cashier_indicators.INDICATORS,
        *teams_indicators.INDICATORS,
        *places_indicators.INDICATORS,
    )


def counters() -> tuple[Counter, ...]:
    """Return what tells in which cells a subject stands."""
    return (
        *onboarding_indicators.COUNTERS,
        *catalogue_indicators.COUNTERS,
        *marketplaces_indicators.COUNTERS,
        *eligibility_indicators.COUNTERS,
        *stamps_indicators.COUNTERS,
        *cashier_indicators.COUNTERS,
        *teams_indicators.COUNTERS,
    )


def cut_values() -> dict[str, tuple[str, ...]]:
    """Return the values that each dimension of the figures may take."""
    return {
        "channel": tuple(CHANNELS),
        "sector": (*sectors(), OTHER_SECTOR),
        "kind": SELLER_KINDS,
        "stage": STAGES,
        "type": TYPES,
        "partner": SENDERS,
        "role": TEAM_ROLES,
        "assisted_by": ASSISTED_BY,
    }


def counted_rows() -> dict[type, tuple[str, ...]]:
    """Return the tables whose rows figures are differences of, and the columns that matter (none: all)."""
    return {
        StageReached: (),
        ProgrammeEntry: (),
        ChainConfirmation: (),
        Snapshot: (),
        ChannelAccount: ("created_at", "voided_at"),
        ListingLive: (),
        ChannelLinkState: (),
        InstitutionList: (),
        CashierDeskState: (),
        Team: (),
        TeamMember: (),
    }


def steps() -> tuple[Step, ...]:
    """Return every kind of due work."""
    return (
        *people_due.STEPS,
        *onboarding_due.STEPS,
        *roster_due.STEPS,
        *teams_due.STEPS,
        *marketplaces_due.STEPS,
        *stamps_due.STEPS,
        *registers_due.STEPS,
        *watch_due.STEPS,
        *pay_due.STEPS,
        *schools_due.STEPS,
        *receipts_due.STEPS,
        *cashier_due.STEPS,
        *adoption_due.STEPS,
        places_due.reform_step(moving=_moving, parting=ask_parted),
    )


def _moving(session: Session, subject_ids: Sequence[str], effective_at: datetime) -> AbstractContextManager[None]:
    """Count what the move of subjects to another unit changes; flows since then move along, however late it is."""
    return counting_many(session, subject_ids, effective_at=effective_at, until=current_world().clock.now())


def settle(session: Session, subject_ids: Sequence[str], at: datetime) -> None:
    """Let subjects follow the reforms that have come by an instant, before they are counted there."""

    def moving(session: Session, ids: Sequence[str], since: datetime) -> AbstractContextManager[None]:
        return counting_many(session, ids, effective_at=since, until=at)

    follow_reforms(session, subject_ids, at=at, moving=moving, parting=ask_parted)


def sentences() -> tuple[Sentences, ...]:
    """Return each subject's table of error codes."""
    return (
        people_errors.SENTENCES,
        systems_errors.SENTENCES,
        places_errors.SENTENCES,
        counting_errors.SENTENCES,
        onboarding_errors.SENTENCES,
        teams_errors.SENTENCES,
        roster_errors.SENTENCES,
        upload_errors.SENTENCES,
        catalogue_errors.SENTENCES,
        marketplaces_errors.SENTENCES,
        stamps_errors.SENTENCES,
        recalls_errors.SENTENCES,
        registers_errors.SENTENCES,
        supply_errors.SENTENCES,
        epcis_errors.SENTENCES,
        pay_errors.SENTENCES,
        cashier_errors.SENTENCES,
        schools_errors.SENTENCES,
        hospital_errors.SENTENCES,
        receipts_errors.SENTENCES,
        settlement_errors.SENTENCES,
        stalls_errors.SENTENCES,
        adoption_errors.SENTENCES,
        desk_errors.SENTENCES,
        demo_errors.SENTENCES,
    )


def queues() -> tuple[Queue, ...]:
    """Return what waits for a person, in the order of an officer's side."""
    return (
        *onboarding_desk.QUEUES,
        *teams_desk.QUEUES,
        *marketplaces_desk.QUEUES,
        *recalls_desk.QUEUES,
        *stamps_desk.QUEUES,
        *registers_desk.QUEUES,
        *watch_desk.QUEUES,
        *adoption_desk.QUEUES,
        *pay_desk.QUEUES,
        desk_cases.OTHERS,
    )


def act_words() -> dict[str, Any]:
    """Return the acts that an officer reads on her desk, in words."""
    subjects = (
        places_desk, onboarding_desk, catalogue_desk, teams_desk, marketplaces_desk, stamps_desk, recalls_desk,
        registers_desk, supply_desk, epcis_desk, pay_desk, stalls_desk, hospital_desk, adoption_desk, desk_cases,
    )  # fmt: skip
    return {act: words for one in subjects for act, words in one.ACTS.items()}


def case_words() -> dict[str, Any]:
    """Return the kinds of open cases in words."""
    subjects = (onboarding_desk, marketplaces_desk, stamps_desk, watch_desk, adoption_desk, pay_desk, stalls_desk)
    return {kind: words for one in subjects for kind, words in one.CASES.items()}


def register_context(app: Flask) -> None:
    """Install what the templates of one subject need from another."""
    from portal.adoption.metrics import register_metrics
    from portal.site.context import page_context

    onboarding_bindings.bind()
    cashier_bindings.bind()
    teams_bindings.bind()
    catalogue_bindings.bind()
    marketplaces_bindings.bind()
    stamps_bindings.bind()
    epcis_bindings.bind()
    recalls_bindings.bind()
    registers_bindings.bind()
    watch_bindings.bind()
    register_metrics(app)
    app.context_processor(page_context)
