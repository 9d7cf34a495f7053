"""teams

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0002_teams
Revises: 0001
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op


revision = "0002_teams"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.String(length=20), nullable=False),
        sa.Column("hamlet", sa.String(length=80), nullable=True),
        sa.Column("hamlet_key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("name_key", sa.String(length=120), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("to_at IS NULL OR to_at >= from_at", name=op.f("ck_team_in_order")),
        sa.ForeignKeyConstraint(["unit_id"], ["admin_unit.id"], name=op.f("fk_team_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    op.create_index(op.f("ix_team_unit_id"), "team", ["unit_id"], unique=False)
    op.create_index(
        "uq_team_open",
        "team",
        ["unit_id", "hamlet_key", "name_key"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "team_member",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('leader', 'deputy', 'member')", name=op.f("ck_team_member_role")),
        sa.CheckConstraint("to_at IS NULL OR to_at >= from_at", name=op.f("ck_team_member_in_order")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_team_member_person_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_member")),
    )
    op.create_index(op.f("ix_team_member_team_id"), "team_member", ["team_id"], unique=False)
    op.create_index(
        "uq_team_member_open",
        "team_member",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    _count_known_communes()


def _count_known_communes() -> None:
    """Count the communes that were loaded before the figure existed; a few rows a province, so not left to due work."""
    bind = op.get_bind()
    unit = sa.table(
        "admin_unit",
        *(sa.column(name) for name in ("level", "province_id")),
        sa.column("valid_from", sa.Date),
        sa.column("valid_to", sa.Date),
    )
    delta = sa.table(
        "adopt_delta",
        *(sa.column(name) for name in ("indicator", "cut", "area_id", "month", "d")),
        sa.column("effective_at", sa.DateTime(timezone=True)),
        sa.column("recorded_at", sa.DateTime(timezone=True)),
    )
    now = datetime.now(UTC)
    for day, sign in ((unit.c.valid_from, 1), (unit.c.valid_to, -1)):
        query = sa.select(day, unit.c.province_id, sa.func.count()).where(unit.c.level == "commune", day.is_not(None))
        for on, province, count in bind.execute(query.group_by(day, unit.c.province_id)).all():
            at = datetime(on.year, on.month, on.day, tzinfo=UTC) - timedelta(hours=7)
            values = {
                "indicator": "COMMUNE_TOTAL",
                "cut": "_T",
                "area_id": province,
                "month": f"{on:%Y-%m}",
                "d": sign * count,
                "effective_at": at,
                "recorded_at": now,
            }
            bind.execute(sa.insert(delta).values(**values))


def downgrade() -> None:
    op.drop_index(
        "uq_team_member_open",
        table_name="team_member",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_index(op.f("ix_team_member_team_id"), table_name="team_member")
    op.drop_table("team_member")
    op.drop_index(
        "uq_team_open",
        table_name="team",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_index(op.f("ix_team_unit_id"), table_name="team")
    op.drop_table("team")
