"""Where errands are run: the running portal with its people, and what only time and partners bring."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser

from portal import create_app
from portal.cases import open_case
from portal.config import Settings
from portal.counting import counting
from portal.db import begin
from portal.onboarding.stages import reach_stage
from portal.world import current_world
from tests.browser.visiting import Guest, Visitor
from tests.portal.onboarding.making import TAN_HOA, household, registered
from tests.supervisor import Portal
from traceability import epcis

SSCC, PARTED = "389385059700000012", "0966 496 171"


@dataclass(frozen=True)
class Scene:
    """The running portal's visitor, a Chromium, and the demo's credentials."""

    visitor: Visitor
    chromium: Browser
    keys: dict[str, Any]
    signed_in: dict[str, Any] = field(default_factory=dict)

    @property
    def portal(self) -> Portal:
        """Return the running portal."""
        return self.visitor.portal

    def guest(self, role: str | None = None, *, scripts: bool = True) -> Guest:
        """Return somebody's fresh browser, signed in where a role of the demo is named."""
        made = Guest(self.visitor, self.chromium, keeps=self.signed_in.get(role or ""), scripts=scripts)
        if role is not None and role not in self.signed_in:
            made.sign_in(role, keys=self.keys)
            self.signed_in[role] = made.page.context.storage_state()
        return made


def prepare(portal: Portal) -> None:
    """Have what only time and partners bring: a case, and a household of 2023 whose commune was parted since."""
    with create_app(Settings.from_env(portal.env)).app_context():
        world, then = current_world(), datetime(2023, 5, 4, 3, 0, tzinfo=UTC)
        sent = {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping", "eventTimeZoneOffset": "+07:00"}
        parcel = {**sent, "eventTime": "2026-11-01T09:00:00+07:00", "epcList": [f"https://id.gs1.org/00/{SSCC}"]}
        with begin() as session:
            epcis.record_events(session, now=world.clock.now(), captor=epcis.Captor(name="test"), events=[parcel])
            open_case(session, now=world.clock.now(), kind="channel.event", subject="voso:1", reason="not_json")
            made, _owner = registered(_At(world, then), session, household(PARTED, unit=TAN_HOA, id_number=None))
            with counting(session, made.id, effective_at=then):
                reach_stage(session, organisation=made, stage="created", at=then)


class _At:
    """The world at another time."""

    def __init__(self, world: Any, at: datetime) -> None:
        self.clock, self.field_keys = self, world.field_keys
        self.now = lambda: at
