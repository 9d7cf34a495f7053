"""assisted

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0006_assisted
Revises: 0005_months
"""

import sqlalchemy as sa
from alembic import op


revision = "0006_assisted"
down_revision = "0005_months"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flag",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.String(length=22), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
        sa.UniqueConstraint("kind", "subject", "day", name=op.f("uq_flag_kind_subject_day")),
    )
    op.create_index(op.f("ix_flag_unit_id"), "flag", ["unit_id"], unique=False)
    op.create_table(
        "assisted",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("login_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("unit_id", sa.String(length=22), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("phone_sealed", sa.String(length=200), nullable=True),
        sa.Column("before_sealed", sa.String(length=200), nullable=True),
        sa.Column("challenge_id", sa.String(length=32), nullable=True),
        sa.Column("household_login_id", sa.String(length=32), nullable=True),
        sa.Column("draft_id", sa.String(length=36), nullable=True),
        sa.Column("organisation_id", sa.String(length=32), nullable=True),
        sa.Column("slip", sa.String(length=32), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('register', 'phone')", name=op.f("ck_assisted_kind")),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_assisted_draft_id")),
        sa.ForeignKeyConstraint(["household_login_id"], ["logins.id"], name=op.f("fk_assisted_household_login_id")),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_assisted_login_id")),
        sa.ForeignKeyConstraint(["member_id"], ["team_member.id"], name=op.f("fk_assisted_member_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_assisted_organisation_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_assisted_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assisted")),
        sa.UniqueConstraint("slip", name=op.f("uq_assisted_slip")),
    )
    op.create_index("ix_assisted_day", "assisted", ["login_id", "opened_at"], unique=False)
    op.create_index(op.f("ix_assisted_organisation_id"), "assisted", ["organisation_id"], unique=False)
    op.create_index("ix_assisted_team", "assisted", ["team_id", "state"], unique=False)
    op.add_column("organisation", sa.Column("assisted_by", sa.String(length=8), server_default="self", nullable=False))
    _count_known_households()


def _count_known_households() -> None:
    """Count the new cut of what was counted before: all of it was done by the households themselves."""
    here = "indicator = 'HH_ACCOUNT' AND cut = '_T'"
    for source, d, at in (("adopt_cell", "net", "CURRENT_TIMESTAMP"), ("adopt_delta", "d", "effective_at")):
        op.execute(
            sa.text(
                "INSERT INTO adopt_delta (indicator, cut, area_id, month, d, effective_at, recorded_at) "
                f"SELECT indicator, 'assisted_by@self', area_id, month, {d}, {at}, CURRENT_TIMESTAMP "
                f"FROM {source} WHERE {here} AND {d} <> 0"
            )
        )


def downgrade() -> None:
    op.drop_column("organisation", "assisted_by")
    op.drop_index("ix_assisted_team", table_name="assisted")
    op.drop_index(op.f("ix_assisted_organisation_id"), table_name="assisted")
    op.drop_index("ix_assisted_day", table_name="assisted")
    op.drop_table("assisted")
    op.drop_index(op.f("ix_flag_unit_id"), table_name="flag")
    op.drop_table("flag")
