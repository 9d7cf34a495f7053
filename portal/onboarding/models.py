"""Tables of sellers and institutions: who they are, where, in which state, and what was answered so far.

Class of columns: *sealed* ones and `hamlet`, `place_raw`, `grown` are personal and emptied by erasure; ids, states and
times are internal and kept, since past counts stand on them; `public_name` is public.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, ids

ASSISTED_BY = ("self", "team", "officer", "roster")
SELLER_KINDS = ("household", "business_household", "cooperative", "enterprise")
KINDS = (*SELLER_KINDS, "institution", "market", "authority")
_OPEN_HOUSEHOLD = text("kind = 'household' AND closed_at IS NULL")
_OPEN_QUESTION = text("state = 'open'")
_ASKED = text("state = 'asked'")


class Person(Base):
    """A human being, once: name, contact phone and ID number sealed, each found by its blind index.

    The phone is not unique, since families share telephones; `phone2_sealed` is a second one from a roster. A name is
    looked for together with its phone alone, so that only the phone's column is indexed.
    `login_id` is the login that acts as this person.
    """

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("id_kind", "id_index"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("pe"))
    login_id: Mapped[str | None] = mapped_column(ForeignKey("logins.id"), index=True)
    name_sealed: Mapped[str | None] = mapped_column(String(700))
    name_index: Mapped[str | None] = mapped_column(String(64))
    phone_sealed: Mapped[str | None] = mapped_column(String(200))
    phone_index: Mapped[str | None] = mapped_column(String(64), index=True)
    phone2_sealed: Mapped[str | None] = mapped_column(String(200))
    id_kind: Mapped[str | None] = mapped_column(String(12))
    id_sealed: Mapped[str | None] = mapped_column(String(200))
    id_index: Mapped[str | None] = mapped_column(String(64))
    sex: Mapped[str | None] = mapped_column(String(8))
    birth_year: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Organisation(Base):
    """A seller or an institution. A household is named after its head, sealed there; all others by `public_name`.

    `roster_digest` is the keyed digest of the last roster row that told of it: the same row again changes nothing.
    `assisted_by` says who filled the registration in; it never changes, since past counts stand on it.
    `place_raw` is the place as written, `captured_unit_id` the unit valid on `captured_on`, `current_unit_id` what
    became of it, with `confidence`: exact · successor · chosen · ambiguous · unknown.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("kind IN ('" + "', '".join(KINDS) + "')", name="kind"),
        Index(
            "uq_organisation_open_household",
            "head_person_id",
            unique=True,
            sqlite_where=_OPEN_HOUSEHOLD,
            postgresql_where=_OPEN_HOUSEHOLD,
        ),
        Index("ix_organisation_queue", "state", "submitted_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("or"))
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    type_code: Mapped[str | None] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12))
    state_note: Mapped[str | None] = mapped_column(String(500))
    public_name: Mapped[str | None] = mapped_column(String(200))
    head_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), index=True)
    place_raw: Mapped[str | None] = mapped_column(String(200))
    captured_unit_id: Mapped[str | None] = mapped_column(ForeignKey("admin_unit.id"))
    captured_on: Mapped[date | None] = mapped_column(Date)
    current_unit_id: Mapped[str | None] = mapped_column(ForeignKey("admin_unit.id"), index=True)
    confidence: Mapped[str] = mapped_column(String(10), default="unknown")
    hamlet: Mapped[str | None] = mapped_column(String(80))
    grown: Mapped[str | None] = mapped_column(String(300))
    food_safety: Mapped[str | None] = mapped_column(String(16))
    payment_declared: Mapped[bool | None]
    assisted_by: Mapped[str] = mapped_column(String(8), default="self", server_default="self")
    registered_by: Mapped[str] = mapped_column(String(64))
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    roster_digest: Mapped[str | None] = mapped_column(String(32))
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way to say it


class Membership(Base):
    """A person's part in an organisation, `[from_at, to_at)`: `head` or `member`."""

    __tablename__ = "membership"

    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, index=True)
    part: Mapped[str] = mapped_column(String(12))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    to_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Draft(Base):
    """A registration under way, kept under the id that the form brought: answers sealed as one JSON object.

    It belongs to the browser session that began it, and from the confirmed phone on to the login. Personal; the
    answers are emptied when it is sent or expires.
    """

    __tablename__ = "draft"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    login_id: Mapped[str | None] = mapped_column(ForeignKey("logins.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    answers_sealed: Mapped[str | None] = mapped_column(String(12000))
    challenge_id: Mapped[str | None] = mapped_column(String(32))
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class HouseholdClaim(Base):
    """That an owner found her household on record with another phone; an officer says whether it is hers.

    What she says of herself is in her draft, sealed; at most one open row a draft.
    """

    __tablename__ = "household_claim"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'accepted', 'refused', 'void')", name="state"),
        Index(
            "uq_household_claim_open", "draft_id", unique=True, sqlite_where=_ASKED, postgresql_where=_ASKED,
        ),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("cl"))
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("draft.id"), index=True)
    login_id: Mapped[str] = mapped_column(ForeignKey("logins.id"))
    state: Mapped[str] = mapped_column(String(8))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(String(500))


class StageReached(Base):
    """The first time at which a household reached a stage of the funnel; kept for ever."""

    __tablename__ = "stage_reached"

    household_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(20), primary_key=True)
    reached_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SellerRequirement(Base):
    """One thing that a kind of seller must have at a stage, `submit` or `approve`; rows, so that law can change it."""

    __tablename__ = "seller_requirement"
    __table_args__ = (UniqueConstraint("seller_kind", "stage", "kind", "parameters_key", "valid_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    seller_kind: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(32))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    parameters_key: Mapped[str] = mapped_column(String(80), default="")
    position: Mapped[int]
    required: Mapped[bool]
    valid_from: Mapped[date] = mapped_column(Date)


class PlaceQuestion(Base):
    """One question about where a counted subject lies today; at most one open row a subject.

    `former_id` is the unit that was parted, else `captured` are the units that a written `text` may mean (none: it is
    unknown), `run_id` the list that it stood in. `hamlet` and `text`, with their keys, are personal: emptied when the
    question is settled or void. `unit_id` is the answer.
    """

    __tablename__ = "place_question"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'settled', 'void')", name="state"),
        Index(
            "uq_place_question_open",
            "subject_id",
            unique=True,
            sqlite_where=_OPEN_QUESTION,
            postgresql_where=_OPEN_QUESTION,
        ),
        Index("ix_place_question_state_former_id", "state", "former_id", "hamlet_key"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=ids("pq"))
    subject_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="open")
    former_id: Mapped[str | None] = mapped_column(ForeignKey("admin_unit.id"))
    captured: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    run_id: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str | None] = mapped_column(String(200))
    text_key: Mapped[str] = mapped_column(String(200), default="")
    hamlet: Mapped[str | None] = mapped_column(String(80))
    hamlet_key: Mapped[str] = mapped_column(String(80), default="")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[str | None] = mapped_column(String(64))
    unit_id: Mapped[str | None] = mapped_column(ForeignKey("admin_unit.id"))
