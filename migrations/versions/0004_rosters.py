"""rosters, firms' entries, eligibility

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0004_rosters
Revises: 0003_ledger
"""

import sqlalchemy as sa
from alembic import op


revision = "0004_rosters"
down_revision = "0003_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "eligibility_sweep",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("after", sa.String(length=32), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_eligibility_sweep")),
    )
    op.create_table(
        "roster_run",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=True),
        sa.Column("sheet", sa.String(length=100), nullable=True),
        sa.Column("header_row", sa.Integer(), nullable=True),
        sa.Column("encoding", sa.String(length=16), nullable=True),
        sa.Column("legacy", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("unit_id", sa.String(length=20), nullable=True),
        sa.Column("captured_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("next_row", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("duplicate", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("checked", sa.JSON(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_by", sa.String(length=64), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("running_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_note", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "state IN ('uploaded', 'inspected', 'mapped', 'checked', 'confirmed', 'running', 'done', 'aborted')",
            name=op.f("ck_roster_run_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_run")),
    )
    op.create_index("ix_roster_run_sha256", "roster_run", ["sha256"], unique=False)
    op.create_index(
        "uq_roster_run_unfinished",
        "roster_run",
        ["source"],
        unique=True,
        sqlite_where=sa.text("state IN ('uploaded', 'inspected', 'mapped', 'checked', 'confirmed', 'running')"),
        postgresql_where=sa.text("state IN ('uploaded', 'inspected', 'mapped', 'checked', 'confirmed', 'running')"),
    )
    op.create_table(
        "rule_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_set")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_rule_set_code_valid_from")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_rule_set_code_version")),
    )
    op.create_table(
        "roster_row",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.String(length=9), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=True),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("problems", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["roster_run.id"], name=op.f("fk_roster_row_run_id")),
        sa.PrimaryKeyConstraint("run_id", "row", name=op.f("pk_roster_row")),
    )
    op.create_table(
        "programme_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("sector", sa.String(length=16), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_programme_entry_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_entry")),
        sa.UniqueConstraint("programme", "organisation_id", name=op.f("uq_programme_entry_programme_organisation_id")),
    )
    op.create_index(op.f("ix_programme_entry_organisation_id"), "programme_entry", ["organisation_id"], unique=False)
    op.create_table(
        "roster_key",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_roster_key_organisation_id")),
        sa.PrimaryKeyConstraint("source", "key", name=op.f("pk_roster_key")),
    )
    op.create_table(
        "tax_id",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("index", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_tax_id_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_id")),
        sa.UniqueConstraint("kind", "index", name=op.f("uq_tax_id_kind_index")),
    )
    op.create_index(op.f("ix_tax_id_organisation_id"), "tax_id", ["organisation_id"], unique=False)
    op.create_table(
        "eligibility_snapshot",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("rule_set_id", sa.Integer(), nullable=False),
        sa.Column("unmet", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_eligibility_snapshot_account_id")
        ),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_set.id"], name=op.f("fk_eligibility_snapshot_rule_set_id")),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_eligibility_snapshot")),
    )
    op.add_column("organisation", sa.Column("roster_digest", sa.String(length=32), nullable=True))
    op.add_column("person", sa.Column("phone2_sealed", sa.String(length=200), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "phone2_sealed")
    op.drop_column("organisation", "roster_digest")
    op.drop_table("eligibility_snapshot")
    op.drop_index(op.f("ix_tax_id_organisation_id"), table_name="tax_id")
    op.drop_table("tax_id")
    op.drop_table("roster_key")
    op.drop_index(op.f("ix_programme_entry_organisation_id"), table_name="programme_entry")
    op.drop_table("programme_entry")
    op.drop_table("roster_row")
    op.drop_table("rule_set")
    op.drop_index(
        "uq_roster_run_unfinished",
        table_name="roster_run",
        sqlite_where=sa.text("state IN ('uploaded', 'inspected', 'mapped', 'checked', 'confirmed', 'running')"),
        postgresql_where=sa.text("state IN ('uploaded', 'inspected', 'mapped', 'checked', 'confirmed', 'running')"),
    )
    op.drop_index("ix_roster_run_sha256", table_name="roster_run")
    op.drop_table("roster_run")
    op.drop_table("eligibility_sweep")
