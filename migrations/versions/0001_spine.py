"""spine

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op


revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# The journal is append-only: the database itself refuses to change or delete a movement.
TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER pay_movements_no_update BEFORE UPDATE ON pay_movements BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "CREATE TRIGGER pay_movements_no_delete BEFORE DELETE ON pay_movements BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "CREATE TRIGGER pay_lines_no_update BEFORE UPDATE ON pay_lines BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
        "CREATE TRIGGER pay_lines_no_delete BEFORE DELETE ON pay_lines BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION pay_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$",
        "CREATE TRIGGER pay_movements_append_only BEFORE UPDATE OR DELETE ON pay_movements FOR EACH ROW EXECUTE FUNCTION pay_append_only()",
        "CREATE TRIGGER pay_lines_append_only BEFORE UPDATE OR DELETE ON pay_lines FOR EACH ROW EXECUTE FUNCTION pay_append_only()",
    ),
}
DROP_TRIGGERS = {
    "sqlite": (
        "DROP TRIGGER pay_movements_no_update",
        "DROP TRIGGER pay_movements_no_delete",
        "DROP TRIGGER pay_lines_no_update",
        "DROP TRIGGER pay_lines_no_delete",
    ),
    "postgresql": (
        "DROP TRIGGER pay_movements_append_only ON pay_movements",
        "DROP TRIGGER pay_lines_append_only ON pay_lines",
        "DROP FUNCTION pay_append_only()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "admin_unit",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("parent_id", sa.String(length=20), nullable=True),
        sa.Column("province_id", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("legal_doc", sa.String(length=40), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_admin_unit_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_unit")),
        sa.UniqueConstraint("code", "valid_from", name=op.f("uq_admin_unit_code_valid_from")),
    )
    op.create_index(op.f("ix_admin_unit_name_key"), "admin_unit", ["name_key"], unique=False)
    op.create_index(op.f("ix_admin_unit_parent_id"), "admin_unit", ["parent_id"], unique=False)
    op.create_index("ix_admin_unit_province_id_level", "admin_unit", ["province_id", "level"], unique=False)
    op.create_table(
        "adopt_cell",
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("cut", sa.String(length=48), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("area_id", sa.String(length=22), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("closing", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("indicator", "cut", "month", "area_id", name=op.f("pk_adopt_cell")),
    )
    op.create_table(
        "adopt_change",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("cut", sa.String(length=48), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("area_id", sa.String(length=22), nullable=False),
        sa.Column("d", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_adopt_change")),
    )
    op.create_table(
        "adopt_clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("applied_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adopt_clock")),
    )
    op.create_table(
        "adopt_delta",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("cut", sa.String(length=48), nullable=False),
        sa.Column("area_id", sa.String(length=22), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("d", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("d <> 0", name=op.f("ck_adopt_delta_not_zero")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adopt_delta")),
    )
    op.create_index("ix_adopt_delta_cell", "adopt_delta", ["indicator", "cut", "month", "area_id"], unique=False)
    op.create_table(
        "adopt_lane",
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("horizon", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("indicator", name=op.f("pk_adopt_lane")),
    )
    op.create_table(
        "adopt_note",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_adopt_note")),
    )
    op.create_table(
        "adopt_observation",
        sa.Column("audience", sa.String(length=48), nullable=False),
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("cut", sa.String(length=48), nullable=False),
        sa.Column("area_id", sa.String(length=22), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("obs_status", sa.String(length=1), nullable=False),
        sa.Column("conf_status", sa.String(length=1), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=24), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "obs_status IN ('A', 'P', 'Q', 'M', 'B', 'E')", name=op.f("ck_adopt_observation_obs_status")
        ),
        sa.CheckConstraint("obs_status NOT IN ('Q', 'M') OR value IS NULL", name=op.f("ck_adopt_observation_hidden")),
        sa.CheckConstraint("status IN ('provisional', 'final', 'revised')", name=op.f("ck_adopt_observation_status")),
        sa.PrimaryKeyConstraint(
            "audience", "indicator", "cut", "area_id", "period", "revision", name=op.f("pk_adopt_observation")
        ),
        sa.UniqueConstraint(
            "audience", "indicator", "cut", "seq", name=op.f("uq_adopt_observation_audience_indicator_cut_seq")
        ),
    )
    op.create_table(
        "adopt_period",
        sa.Column("indicator", sa.String(length=24), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closing', 'closed')", name=op.f("ck_adopt_period_state")),
        sa.PrimaryKeyConstraint("indicator", "month", name=op.f("pk_adopt_period")),
    )
    op.create_table(
        "api_keys",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=True),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_api_keys")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_rows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("act", sa.String(length=64), nullable=False),
        sa.Column("object_id", sa.String(length=64), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=True),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_rows")),
        sa.UniqueConstraint("chain", "seq", name=op.f("uq_audit_rows_chain_seq")),
    )
    op.create_index(op.f("ix_audit_rows_actor"), "audit_rows", ["actor"], unique=False)
    op.create_index(op.f("ix_audit_rows_object_id"), "audit_rows", ["object_id"], unique=False)
    op.create_index(op.f("ix_audit_rows_subject"), "audit_rows", ["subject"], unique=False)
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=48), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_note", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(
        "uq_cases_open",
        "cases",
        ["kind", "subject"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "category",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name_vi", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("sector", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_category")),
    )
    op.create_table(
        "channel_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("event_id", sa.String(length=100), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("status IN ('due', 'applied', 'parked')", name=op.f("ck_channel_event_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_event")),
        sa.UniqueConstraint("channel", "event_id", name=op.f("uq_channel_event_channel_event_id")),
    )
    op.create_index(
        "ix_channel_event_status_next_attempt_at", "channel_event", ["status", "next_attempt_at"], unique=False
    )
    op.create_table(
        "channel_link_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('up', 'down')", name=op.f("ck_channel_link_state_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_link_state")),
    )
    op.create_index(
        "uq_channel_link_state_open",
        "channel_link_state",
        ["channel"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "channel_switch",
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause_reason", sa.String(length=32), nullable=True),
        sa.Column("pause_s", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_switch")),
    )
    op.create_table(
        "consent_texts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=48), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=4000), nullable=False),
        sa.Column("recipients", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_texts")),
        sa.UniqueConstraint("purpose", "language", "version", name=op.f("uq_consent_texts_purpose_language_version")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=48), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_person_id"), "consents", ["person_id"], unique=False)
    op.create_index(
        "uq_consents_open",
        "consents",
        ["person_id", "purpose"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "desk",
        sa.Column("desk_ref", sa.String(length=32), nullable=False),
        sa.Column("payee", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("desk_ref", name=op.f("pk_desk")),
    )
    op.create_index(op.f("ix_desk_payee"), "desk", ["payee"], unique=False)
    op.create_table(
        "institution_list",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payee", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=12), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("type IN ('school', 'hospital', 'market', 'other')", name=op.f("ck_institution_list_type")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_list")),
    )
    op.create_index("ix_institution_list_payee_from_at", "institution_list", ["payee", "from_at"], unique=False)
    op.create_index(
        "uq_institution_list_open",
        "institution_list",
        ["payee"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "logins",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("phone_sealed", sa.String(length=200), nullable=False),
        sa.Column("name_sealed", sa.String(length=600), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
        sa.UniqueConstraint("phone_index", name=op.f("uq_logins_phone_index")),
    )
    op.create_table(
        "one_time_codes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("phone_index", sa.String(length=64), nullable=False),
        sa.Column("phone_sealed", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=8), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("bound_to", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_codes")),
    )
    op.create_index(op.f("ix_one_time_codes_address_hash"), "one_time_codes", ["address_hash"], unique=False)
    op.create_index(op.f("ix_one_time_codes_issued_at"), "one_time_codes", ["issued_at"], unique=False)
    op.create_index(op.f("ix_one_time_codes_prefix"), "one_time_codes", ["prefix"], unique=False)
    op.create_index("ix_one_time_codes_sends", "one_time_codes", ["phone_index", "issued_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("entity", sa.String(length=32), nullable=False),
        sa.Column("flow", sa.String(length=12), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("payload_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("flow IN ('content', 'price_stock', 'account')", name=op.f("ck_outbox_flow")),
        sa.CheckConstraint("status IN ('due', 'leased', 'done', 'superseded', 'dead')", name=op.f("ck_outbox_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("entity", "flow", "version", name=op.f("uq_outbox_entity_flow_version")),
    )
    op.create_index("ix_outbox_due", "outbox", ["channel", "status", "next_attempt_at"], unique=False)
    op.create_table(
        "payee_owner",
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("payee_id", name=op.f("pk_payee_owner")),
    )
    op.create_index(op.f("ix_payee_owner_organisation_id"), "payee_owner", ["organisation_id"], unique=False)
    op.create_table(
        "places_home",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.String(length=40), nullable=False),
        sa.Column("area_id", sa.String(length=22), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("to_at IS NULL OR to_at > from_at", name=op.f("ck_places_home_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places_home")),
        sa.UniqueConstraint("subject_id", "from_at", name=op.f("uq_places_home_subject_id_from_at")),
    )
    op.create_index("ix_places_home_area_id_to_at", "places_home", ["area_id", "to_at"], unique=False)
    op.create_index(
        "uq_places_home_open",
        "places_home",
        ["subject_id"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "sale_unit",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name_vi", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=40), nullable=False),
        sa.Column("base", sa.String(length=8), nullable=False),
        sa.Column("factor_milli", sa.BigInteger(), nullable=True),
        sa.Column("asks", sa.String(length=8), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sale_unit")),
    )
    op.create_table(
        "seller_requirement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seller_kind", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("parameters_key", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seller_requirement")),
        sa.UniqueConstraint(
            "seller_kind",
            "stage",
            "kind",
            "parameters_key",
            "valid_from",
            name=op.f("uq_seller_requirement_seller_kind_stage_kind_parameters_key_valid_from"),
        ),
    )
    op.create_table(
        "sms_messages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("phone_sealed", sa.String(length=200), nullable=True),
        sa.Column("body_sealed", sa.String(length=2000), nullable=True),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_messages")),
    )
    op.create_index(op.f("ix_sms_messages_next_attempt_at"), "sms_messages", ["next_attempt_at"], unique=False)
    op.create_index(op.f("ix_sms_messages_status"), "sms_messages", ["status"], unique=False)
    op.create_table(
        "authenticators",
        sa.Column("login_id", sa.String(length=32), nullable=False),
        sa.Column("secret_sealed", sa.String(length=200), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tries_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_authenticators_login_id")),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_authenticators")),
    )
    op.create_table(
        "cashier_desk_state",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("desk_ref", sa.String(length=32), nullable=False),
        sa.Column("payee", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_cashier_desk_state_state")),
        sa.ForeignKeyConstraint(["desk_ref"], ["desk.desk_ref"], name=op.f("fk_cashier_desk_state_desk_ref")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cashier_desk_state")),
    )
    op.create_index("ix_cashier_desk_state_payee_from_at", "cashier_desk_state", ["payee", "from_at"], unique=False)
    op.create_index(
        "uq_cashier_desk_state_open",
        "cashier_desk_state",
        ["desk_ref"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "category_map",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("category_code", sa.String(length=40), nullable=False),
        sa.Column("remote_category", sa.String(length=80), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_category_map_category_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_map")),
        sa.UniqueConstraint(
            "channel", "category_code", "valid_from", name=op.f("uq_category_map_channel_category_code_valid_from")
        ),
    )
    op.create_table(
        "outbox_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outbox_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("excerpt", sa.String(length=2048), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_attempt_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_attempt")),
        sa.UniqueConstraint("outbox_id", "number", name=op.f("uq_outbox_attempt_outbox_id_number")),
    )
    op.create_index(op.f("ix_outbox_attempt_started_at"), "outbox_attempt", ["started_at"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login_id", sa.String(length=32), nullable=True),
        sa.Column("name_sealed", sa.String(length=700), nullable=True),
        sa.Column("name_index", sa.String(length=64), nullable=True),
        sa.Column("phone_sealed", sa.String(length=200), nullable=True),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("id_kind", sa.String(length=12), nullable=True),
        sa.Column("id_sealed", sa.String(length=200), nullable=True),
        sa.Column("id_index", sa.String(length=64), nullable=True),
        sa.Column("sex", sa.String(length=8), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_person_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("id_kind", "id_index", name=op.f("uq_person_id_kind_id_index")),
    )
    op.create_index(op.f("ix_person_login_id"), "person", ["login_id"], unique=False)
    op.create_index(op.f("ix_person_name_index"), "person", ["name_index"], unique=False)
    op.create_index(op.f("ix_person_phone_index"), "person", ["phone_index"], unique=False)
    op.create_table(
        "role_grants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("login_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=True),
        sa.Column("unit_id", sa.String(length=32), nullable=True),
        sa.Column("duties", sa.JSON(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_role_grants_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
    )
    op.create_index(op.f("ix_role_grants_login_id"), "role_grants", ["login_id"], unique=False)
    op.create_index(op.f("ix_role_grants_organisation_id"), "role_grants", ["organisation_id"], unique=False)
    op.create_index(
        "uq_role_grants_open",
        "role_grants",
        ["login_id", "role", "organisation_id", "unit_id"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("login_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_sign_in_links_login_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_links")),
    )
    op.create_table(
        "unit_alias",
        sa.Column("unit_id", sa.String(length=20), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["admin_unit.id"], name=op.f("fk_unit_alias_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "name_key", name=op.f("pk_unit_alias")),
    )
    op.create_index(op.f("ix_unit_alias_name_key"), "unit_alias", ["name_key"], unique=False)
    op.create_table(
        "unit_succession",
        sa.Column("from_id", sa.String(length=20), nullable=False),
        sa.Column("to_id", sa.String(length=20), nullable=False),
        sa.Column("extent", sa.String(length=5), nullable=False),
        sa.Column("legal_doc", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.CheckConstraint("extent IN ('whole', 'part')", name=op.f("ck_unit_succession_extent")),
        sa.ForeignKeyConstraint(["from_id"], ["admin_unit.id"], name=op.f("fk_unit_succession_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["admin_unit.id"], name=op.f("fk_unit_succession_to_id")),
        sa.PrimaryKeyConstraint("from_id", "to_id", name=op.f("pk_unit_succession")),
    )
    op.create_index(op.f("ix_unit_succession_to_id"), "unit_succession", ["to_id"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("type_code", sa.String(length=20), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_note", sa.String(length=500), nullable=True),
        sa.Column("public_name", sa.String(length=200), nullable=True),
        sa.Column("head_person_id", sa.String(length=32), nullable=True),
        sa.Column("place_raw", sa.String(length=200), nullable=True),
        sa.Column("captured_unit_id", sa.String(length=20), nullable=True),
        sa.Column("captured_on", sa.Date(), nullable=True),
        sa.Column("current_unit_id", sa.String(length=20), nullable=True),
        sa.Column("confidence", sa.String(length=10), nullable=False),
        sa.Column("hamlet", sa.String(length=80), nullable=True),
        sa.Column("grown", sa.String(length=300), nullable=True),
        sa.Column("food_safety", sa.String(length=16), nullable=True),
        sa.Column("payment_declared", sa.Boolean(), nullable=True),
        sa.Column("registered_by", sa.String(length=64), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('household', 'business_household', 'cooperative', 'enterprise', 'institution', 'market', 'authority')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.ForeignKeyConstraint(["captured_unit_id"], ["admin_unit.id"], name=op.f("fk_organisation_captured_unit_id")),
        sa.ForeignKeyConstraint(["current_unit_id"], ["admin_unit.id"], name=op.f("fk_organisation_current_unit_id")),
        sa.ForeignKeyConstraint(["head_person_id"], ["person.id"], name=op.f("fk_organisation_head_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("reference", name=op.f("uq_organisation_reference")),
    )
    op.create_index(op.f("ix_organisation_current_unit_id"), "organisation", ["current_unit_id"], unique=False)
    op.create_index(op.f("ix_organisation_head_person_id"), "organisation", ["head_person_id"], unique=False)
    op.create_index("ix_organisation_queue", "organisation", ["state", "submitted_at"], unique=False)
    op.create_index(
        "uq_organisation_open_household",
        "organisation",
        ["head_person_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'household' AND closed_at IS NULL"),
        postgresql_where=sa.text("kind = 'household' AND closed_at IS NULL"),
    )
    op.create_table(
        "web_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("login_id", sa.String(length=32), nullable=True),
        sa.Column("grant_id", sa.String(length=32), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grants.id"], name=op.f("fk_web_sessions_grant_id")),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_web_sessions_login_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_last_seen_at"), "web_sessions", ["last_seen_at"], unique=False)
    op.create_index(op.f("ix_web_sessions_login_id"), "web_sessions", ["login_id"], unique=False)
    op.create_table(
        "chain_confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("establishment_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('valid', 'ended')", name=op.f("ck_chain_confirmation_state")),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["organisation.id"], name=op.f("fk_chain_confirmation_establishment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_confirmation")),
    )
    op.create_index(
        "uq_chain_confirmation_open",
        "chain_confirmation",
        ["establishment_id"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "channel_account",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.String(length=100), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('wanted', 'queued', 'sent', 'created', 'verified', 'suspended', 'refused', 'closing', 'closed')",
            name=op.f("ck_channel_account_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_channel_account_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_account")),
        sa.UniqueConstraint("channel", "organisation_id", name=op.f("uq_channel_account_channel_organisation_id")),
        sa.UniqueConstraint("channel", "remote_id", name=op.f("uq_channel_account_channel_remote_id")),
    )
    op.create_index(op.f("ix_channel_account_organisation_id"), "channel_account", ["organisation_id"], unique=False)
    op.create_table(
        "draft",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("login_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answers_sealed", sa.String(length=12000), nullable=True),
        sa.Column("challenge_id", sa.String(length=32), nullable=True),
        sa.Column("organisation_id", sa.String(length=32), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["logins.id"], name=op.f("fk_draft_login_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_draft_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_expires_at"), "draft", ["expires_at"], unique=False)
    op.create_index(op.f("ix_draft_login_id"), "draft", ["login_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_membership_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("category_code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("description", sa.String(length=5000), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("origin_unit_id", sa.String(length=20), nullable=True),
        sa.Column("search_exact", sa.String(length=400), nullable=False),
        sa.Column("search_folded", sa.String(length=400), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'active', 'archived')", name=op.f("ck_product_state")),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_product_category_code")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_product_organisation_id")),
        sa.ForeignKeyConstraint(["origin_unit_id"], ["admin_unit.id"], name=op.f("fk_product_origin_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("client_id", name=op.f("uq_product_client_id")),
    )
    op.create_index(op.f("ix_product_category_code"), "product", ["category_code"], unique=False)
    op.create_index(op.f("ix_product_organisation_id"), "product", ["organisation_id"], unique=False)
    op.create_index("ix_product_shelf", "product", ["state", "updated_at", "id"], unique=False)
    op.create_table(
        "stage_reached",
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["organisation.id"], name=op.f("fk_stage_reached_household_id")),
        sa.PrimaryKeyConstraint("household_id", "stage", name=op.f("pk_stage_reached")),
    )
    op.create_table(
        "listing",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("product_id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("wish", sa.String(length=8), nullable=False),
        sa.Column("product_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("content_version", sa.Integer(), nullable=False),
        sa.Column("price_version", sa.Integer(), nullable=False),
        sa.Column("accepted_version", sa.Integer(), nullable=True),
        sa.Column("live_version", sa.Integer(), nullable=True),
        sa.Column("presence_version", sa.Integer(), nullable=False),
        sa.Column("presence_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("remote_id", sa.String(length=100), nullable=True),
        sa.Column("remote_url", sa.String(length=500), nullable=True),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'invalid', 'ready', 'queued', 'sent', 'accepted', 'live', 'rejected', 'paused', 'withdrawn', 'error')",
            name=op.f("ck_listing_state"),
        ),
        sa.CheckConstraint("wish IN ('sell', 'withdraw')", name=op.f("ck_listing_wish")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_listing_organisation_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_listing_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
        sa.UniqueConstraint("channel", "remote_id", name=op.f("uq_listing_channel_remote_id")),
        sa.UniqueConstraint("product_id", "channel", name=op.f("uq_listing_product_id_channel")),
    )
    op.create_index("ix_listing_organisation_id_channel", "listing", ["organisation_id", "channel"], unique=False)
    op.create_table(
        "photo",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("product_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_photo_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("product_id", "sha256", name=op.f("uq_photo_product_id_sha256")),
    )
    op.create_index(op.f("ix_photo_product_id"), "photo", ["product_id"], unique=False)
    op.create_index(op.f("ix_photo_sha256"), "photo", ["sha256"], unique=False)
    op.create_table(
        "product_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_revision_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_revision")),
        sa.UniqueConstraint("product_id", "number", name=op.f("uq_product_revision_product_id_number")),
    )
    op.create_table(
        "stamp_order",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation_id", sa.String(length=32), nullable=False),
        sa.Column("product_id", sa.String(length=32), nullable=False),
        sa.Column("sector", sa.String(length=16), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("promise", sa.Text(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("ordered_by", sa.String(length=64), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('due', 'issued', 'failed')", name=op.f("ck_stamp_order_state")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_stamp_order_organisation_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_stamp_order_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stamp_order")),
        sa.UniqueConstraint("batch", name=op.f("uq_stamp_order_batch")),
        sa.UniqueConstraint("client_id", name=op.f("uq_stamp_order_client_id")),
    )
    op.create_index("ix_stamp_order_due", "stamp_order", ["state", "next_attempt_at"], unique=False)
    op.create_index(op.f("ix_stamp_order_organisation_id"), "stamp_order", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_stamp_order_product_id"), "stamp_order", ["product_id"], unique=False)
    op.create_table(
        "variant",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("product_id", sa.String(length=32), nullable=False),
        sa.Column("sku", sa.String(length=40), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("quantity_milli", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(length=12), nullable=False),
        sa.Column("content_milli", sa.BigInteger(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_base", sa.String(length=8), nullable=False),
        sa.Column("stock_milli", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_variant_price")),
        sa.CheckConstraint("quantity_milli > 0", name=op.f("ck_variant_quantity")),
        sa.CheckConstraint("stock_milli IS NULL OR stock_milli >= 0", name=op.f("ck_variant_stock")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_variant_product_id")),
        sa.ForeignKeyConstraint(["unit_code"], ["sale_unit.code"], name=op.f("fk_variant_unit_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variant")),
        sa.UniqueConstraint("product_id", "sku", name=op.f("uq_variant_product_id_sku")),
    )
    op.create_index(op.f("ix_variant_product_id"), "variant", ["product_id"], unique=False)
    op.create_index(
        "uq_variant_gtin",
        "variant",
        ["gtin"],
        unique=True,
        sqlite_where=sa.text("gtin IS NOT NULL"),
        postgresql_where=sa.text("gtin IS NOT NULL"),
    )
    op.create_table(
        "listing_live",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.String(length=32), nullable=False),
        sa.Column("sector", sa.String(length=16), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["listing_id"], ["listing.id"], name=op.f("fk_listing_live_listing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing_live")),
    )
    op.create_index(op.f("ix_listing_live_listing_id"), "listing_live", ["listing_id"], unique=False)
    op.create_index(
        "uq_listing_live_open",
        "listing_live",
        ["listing_id"],
        unique=True,
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.create_table(
        "trace_anchors",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ledger", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("covered_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("final_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["covered_by"], ["trace_anchors.id"], name=op.f("fk_trace_anchors_covered_by_trace_anchors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_anchors")),
    )
    op.create_index(op.f("ix_trace_anchors_state"), "trace_anchors", ["state"], unique=False)
    op.create_index("uq_trace_anchors_ledger_origin_size", "trace_anchors", ["ledger", "origin", "size"], unique=True)
    op.create_table(
        "trace_checkpoints",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_trace_checkpoints")),
    )
    op.create_table(
        "trace_counters",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_trace_counters")),
    )
    op.create_table(
        "trace_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("integrated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_entries")),
        sa.UniqueConstraint("leaf_hash", name=op.f("uq_trace_entries_leaf_hash")),
        sa.UniqueConstraint("position", name=op.f("uq_trace_entries_position")),
    )
    op.create_table(
        "trace_log",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_log")),
    )
    op.create_table(
        "trace_log_keys",
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("verifier", sa.String(length=240), nullable=False),
        sa.Column("first_signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_trace_log_keys")),
    )
    op.create_table(
        "trace_log_tiles",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_trace_log_tiles")),
    )
    op.create_table(
        "trace_lots",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("establishment", sa.String(length=40), nullable=False),
        sa.Column("origin_place", sa.String(length=40), nullable=True),
        sa.Column("origin_words", sa.String(length=200), nullable=False),
        sa.Column("produced_on", sa.Date(), nullable=True),
        sa.Column("packed_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("standards", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_lots")),
    )
    op.create_index(op.f("ix_trace_lots_establishment"), "trace_lots", ["establishment"], unique=False)
    op.create_index("uq_trace_lots_product_number", "trace_lots", ["product", "number"], unique=True)
    op.create_table(
        "trace_scans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(length=12), nullable=True),
        sa.Column("address_hash", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_scans")),
    )
    op.create_index("ix_trace_scans_batch_index", "trace_scans", ["batch", "index"], unique=False)
    op.create_index(op.f("ix_trace_scans_scanned_at"), "trace_scans", ["scanned_at"], unique=False)
    op.create_table(
        "trace_batches",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("establishment", sa.String(length=40), nullable=False),
        sa.Column("establishment_logged", sa.String(length=80), nullable=False),
        sa.Column("establishment_salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("product", sa.String(length=40), nullable=False),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("url_prefix", sa.String(length=120), nullable=False),
        sa.Column("alg", sa.String(length=40), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("edge_root", sa.LargeBinary(length=32), nullable=True),
        sa.Column("check_value", sa.LargeBinary(length=32), nullable=False),
        sa.Column("entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_trace_batches_count")),
        sa.ForeignKeyConstraint(["entry"], ["trace_entries.id"], name=op.f("fk_trace_batches_entry_trace_entries")),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_trace_batches")),
        sa.UniqueConstraint("entry", name=op.f("uq_trace_batches_entry")),
    )
    op.create_index(op.f("ix_trace_batches_establishment"), "trace_batches", ["establishment"], unique=False)
    op.create_index(op.f("ix_trace_batches_issued_at"), "trace_batches", ["issued_at"], unique=False)
    op.create_index(op.f("ix_trace_batches_product"), "trace_batches", ["product"], unique=False)
    op.create_table(
        "trace_recalls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lot", sa.String(length=32), nullable=False),
        sa.Column("instruction", sa.String(length=500), nullable=False),
        sa.Column("contact", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_because", sa.String(length=20), nullable=True),
        sa.Column("opened_entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("closed_entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["closed_entry"], ["trace_entries.id"], name=op.f("fk_trace_recalls_closed_entry_trace_entries")
        ),
        sa.ForeignKeyConstraint(["lot"], ["trace_lots.id"], name=op.f("fk_trace_recalls_lot_trace_lots")),
        sa.ForeignKeyConstraint(
            ["opened_entry"], ["trace_entries.id"], name=op.f("fk_trace_recalls_opened_entry_trace_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_recalls")),
    )
    op.create_index(op.f("ix_trace_recalls_lot"), "trace_recalls", ["lot"], unique=False)
    op.create_table(
        "trace_batch_tiles",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch"], ["trace_batches.batch"], name=op.f("fk_trace_batch_tiles_batch_trace_batches")
        ),
        sa.PrimaryKeyConstraint("batch", "level", "number", name=op.f("pk_trace_batch_tiles")),
    )
    op.create_table(
        "trace_ranges",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("lot", sa.String(length=32), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.String(length=300), nullable=True),
        sa.Column("activation_entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("void_entry", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("differs", sa.Boolean(), nullable=False),
        sa.CheckConstraint("activated_at IS NOT NULL OR voided_at IS NOT NULL", name=op.f("ck_trace_ranges_state")),
        sa.CheckConstraint("first >= 0 AND first <= last", name=op.f("ck_trace_ranges_order")),
        sa.ForeignKeyConstraint(
            ["activation_entry"], ["trace_entries.id"], name=op.f("fk_trace_ranges_activation_entry_trace_entries")
        ),
        sa.ForeignKeyConstraint(["batch"], ["trace_batches.batch"], name=op.f("fk_trace_ranges_batch_trace_batches")),
        sa.ForeignKeyConstraint(["lot"], ["trace_lots.id"], name=op.f("fk_trace_ranges_lot_trace_lots")),
        sa.ForeignKeyConstraint(
            ["void_entry"], ["trace_entries.id"], name=op.f("fk_trace_ranges_void_entry_trace_entries")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trace_ranges")),
    )
    op.create_index(op.f("ix_trace_ranges_activated_at"), "trace_ranges", ["activated_at"], unique=False)
    op.create_index(op.f("ix_trace_ranges_lot"), "trace_ranges", ["lot"], unique=False)
    op.create_index(op.f("ix_trace_ranges_voided_at"), "trace_ranges", ["voided_at"], unique=False)
    op.create_index("uq_trace_ranges_batch_first", "trace_ranges", ["batch", "first"], unique=True)
    op.create_table(
        "trace_stamps",
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("mac", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_place", sa.String(length=12), nullable=True),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("scans_before", sa.Integer(), nullable=False),
        sa.Column("recent", sa.String(length=512), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["trace_batches.batch"], name=op.f("fk_trace_stamps_batch_trace_batches")),
        sa.PrimaryKeyConstraint("batch", "index", name=op.f("pk_trace_stamps")),
    )
    op.create_index(op.f("ix_trace_stamps_last_at"), "trace_stamps", ["last_at"], unique=False)
    op.create_table(
        "pay_notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("query", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("transaction_id", sa.String(length=40), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_notices")),
    )
    op.create_index(
        "ix_pay_notices_provider_verdict_received_at",
        "pay_notices",
        ["provider", "verdict", "received_at"],
        unique=False,
    )
    op.create_index("ix_pay_notices_status_next_try_at", "pay_notices", ["status", "next_try_at"], unique=False)
    op.create_table(
        "pay_payees",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("holder_name", sa.String(length=100), nullable=False),
        sa.Column("bin", sa.String(length=6), nullable=False),
        sa.Column("account", sa.String(length=19), nullable=False),
        sa.Column("prefix", sa.String(length=4), nullable=False),
        sa.Column("code_digits", sa.Integer(), nullable=False),
        sa.Column("code_check", sa.Boolean(), nullable=False),
        sa.Column("last_code", sa.Integer(), nullable=False),
        sa.Column("gateways", sa.String(length=200), nullable=False),
        sa.Column("receipt_series", sa.String(length=8), nullable=False),
        sa.Column("area_ref", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_payees")),
        sa.UniqueConstraint("bin", "account", name=op.f("uq_pay_payees_bin_account")),
    )
    op.create_table(
        "pay_accounts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=90), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_accounts_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_accounts")),
        sa.UniqueConstraint("payee_id", "name", "currency", name=op.f("uq_pay_accounts_payee_id_name_currency")),
    )
    op.create_table(
        "pay_cases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject_id", sa.String(length=80), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_cases_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_cases")),
    )
    op.create_index(op.f("ix_pay_cases_opened_at"), "pay_cases", ["opened_at"], unique=False)
    op.create_index(
        "uq_pay_cases_open",
        "pay_cases",
        ["kind", "subject_id"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "pay_chains",
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("last_seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_chains_payee_id")),
        sa.PrimaryKeyConstraint("payee_id", name=op.f("pk_pay_chains")),
    )
    op.create_table(
        "pay_feeds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=19), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("last_balance_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("last_line", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("next_pull_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_no", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_feeds_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_feeds")),
    )
    op.create_index(op.f("ix_pay_feeds_next_pull_at"), "pay_feeds", ["next_pull_at"], unique=False)
    op.create_index(
        "uq_pay_feeds_live_account",
        "pay_feeds",
        ["account"],
        unique=True,
        sqlite_where=sa.text("status <> 'closed'"),
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_table(
        "pay_movements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("source_kind", sa.String(length=24), nullable=False),
        sa.Column("source_id", sa.String(length=40), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_movements_payee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_movements")),
        sa.UniqueConstraint("payee_id", "seq", name=op.f("uq_pay_movements_payee_id_seq")),
        sa.UniqueConstraint(
            "source_kind", "source_id", "kind", name=op.f("uq_pay_movements_source_kind_source_id_kind")
        ),
    )
    op.create_table(
        "pay_requests",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("allocated_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("over_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("exceptions", sa.String(length=40), nullable=False),
        sa.Column("item", sa.String(length=120), nullable=False),
        sa.Column("period", sa.String(length=20), nullable=True),
        sa.Column("subject_ref", sa.String(length=64), nullable=True),
        sa.Column("plan_id", sa.String(length=40), nullable=True),
        sa.Column("desk_ref", sa.String(length=40), nullable=True),
        sa.Column("client_ref", sa.String(length=64), nullable=True),
        sa.Column("cashier_ref", sa.String(length=40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "amount_minor > 0 AND allocated_minor >= 0 AND over_minor >= 0", name=op.f("ck_pay_requests_sums")
        ),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_requests_payee_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pay_requests")),
        sa.UniqueConstraint("desk_ref", "client_ref", name=op.f("uq_pay_requests_desk_ref_client_ref")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_requests_id")),
        sa.UniqueConstraint("payee_id", "code", name=op.f("uq_pay_requests_payee_id_code")),
        sa.UniqueConstraint(
            "payee_id", "subject_ref", "period", "item", name=op.f("uq_pay_requests_payee_id_subject_ref_period_item")
        ),
    )
    op.create_index("ix_pay_requests_desk_ref_seq", "pay_requests", ["desk_ref", "seq"], unique=False)
    op.create_index("ix_pay_requests_status_expires_at", "pay_requests", ["status", "expires_at"], unique=False)
    op.create_table(
        "pay_series",
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_series_payee_id")),
        sa.PrimaryKeyConstraint("payee_id", "series", name=op.f("pk_pay_series")),
    )
    op.create_table(
        "pay_attempts",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("gateway", sa.String(length=16), nullable=False),
        sa.Column("merchant_ref", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("received_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("any_amount", sa.Boolean(), nullable=False),
        sa.Column("queryable", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("redirect_url", sa.Text(), nullable=True),
        sa.Column("qr", sa.Text(), nullable=True),
        sa.Column("provider_ref", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_query_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_query_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["pay_requests.id"], name=op.f("fk_pay_attempts_request_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pay_attempts")),
        sa.UniqueConstraint("gateway", "merchant_ref", name=op.f("uq_pay_attempts_gateway_merchant_ref")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_attempts_id")),
        sa.UniqueConstraint("request_id", "key", name=op.f("uq_pay_attempts_request_id_key")),
    )
    op.create_index("ix_pay_attempts_next_query_at", "pay_attempts", ["next_query_at"], unique=False)
    op.create_table(
        "pay_balances",
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("balance_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["pay_accounts.id"], name=op.f("fk_pay_balances_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pay_balances")),
    )
    op.create_table(
        "pay_lines",
        sa.Column("movement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["pay_accounts.id"], name=op.f("fk_pay_lines_account_id")),
        sa.ForeignKeyConstraint(["movement_id"], ["pay_movements.id"], name=op.f("fk_pay_lines_movement_id")),
        sa.PrimaryKeyConstraint("movement_id", "line_no", name=op.f("pk_pay_lines")),
    )
    op.create_index(op.f("ix_pay_lines_account_id"), "pay_lines", ["account_id"], unique=False)
    op.create_table(
        "pay_receipts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("number_text", sa.String(length=32), nullable=False),
        sa.Column("check_word", sa.String(length=6), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("item", sa.String(length=120), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_reason", sa.String(length=200), nullable=True),
        sa.Column("status_by", sa.String(length=40), nullable=True),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_receipts_payee_id")),
        sa.ForeignKeyConstraint(["request_id"], ["pay_requests.id"], name=op.f("fk_pay_receipts_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_receipts")),
        sa.UniqueConstraint("payee_id", "series", "number", name=op.f("uq_pay_receipts_payee_id_series_number")),
    )
    op.create_index(
        "ix_pay_receipts_number_text_check_word", "pay_receipts", ["number_text", "check_word"], unique=False
    )
    op.create_index(
        "uq_pay_receipts_issued_request",
        "pay_receipts",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("status = 'issued'"),
        postgresql_where=sa.text("status = 'issued'"),
    )
    op.create_table(
        "pay_transactions",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("provider_txn_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=True),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("account", sa.String(length=30), nullable=True),
        sa.Column("memo", sa.Text(), nullable=True),
        sa.Column("code_hint", sa.String(length=40), nullable=True),
        sa.Column("balance_after_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("area_ref", sa.String(length=64), nullable=True),
        sa.Column("exceptions", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_pay_transactions_amount")),
        sa.ForeignKeyConstraint(["attempt_id"], ["pay_attempts.id"], name=op.f("fk_pay_transactions_attempt_id")),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_transactions_payee_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_pay_transactions")),
        sa.UniqueConstraint("id", name=op.f("uq_pay_transactions_id")),
        sa.UniqueConstraint("provider", "provider_txn_id", name=op.f("uq_pay_transactions_provider_provider_txn_id")),
    )
    op.create_index(
        "ix_pay_transactions_payee_id_business_date", "pay_transactions", ["payee_id", "business_date"], unique=False
    )
    op.create_table(
        "pay_allocations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("transaction_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_by", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_pay_allocations_amount")),
        sa.ForeignKeyConstraint(["request_id"], ["pay_requests.id"], name=op.f("fk_pay_allocations_request_id")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["pay_transactions.id"], name=op.f("fk_pay_allocations_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_allocations")),
    )
    op.create_index("ix_pay_allocations_request_id", "pay_allocations", ["request_id"], unique=False)
    op.create_index(
        "uq_pay_allocations_live",
        "pay_allocations",
        ["transaction_id", "request_id"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "pay_suspense",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("transaction_id", sa.String(length=40), nullable=False),
        sa.Column("payee_id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=True),
        sa.Column("amount_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["payee_id"], ["pay_payees.id"], name=op.f("fk_pay_suspense_payee_id")),
        sa.ForeignKeyConstraint(["request_id"], ["pay_requests.id"], name=op.f("fk_pay_suspense_request_id")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["pay_transactions.id"], name=op.f("fk_pay_suspense_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_suspense")),
    )
    op.create_index(
        "uq_pay_suspense_open_transaction",
        "pay_suspense",
        ["transaction_id"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in DROP_TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_index(
        "uq_pay_suspense_open_transaction",
        table_name="pay_suspense",
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.drop_table("pay_suspense")
    op.drop_index(
        "uq_pay_allocations_live",
        table_name="pay_allocations",
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.drop_index("ix_pay_allocations_request_id", table_name="pay_allocations")
    op.drop_table("pay_allocations")
    op.drop_index("ix_pay_transactions_payee_id_business_date", table_name="pay_transactions")
    op.drop_table("pay_transactions")
    op.drop_index(
        "uq_pay_receipts_issued_request",
        table_name="pay_receipts",
        sqlite_where=sa.text("status = 'issued'"),
        postgresql_where=sa.text("status = 'issued'"),
    )
    op.drop_index("ix_pay_receipts_number_text_check_word", table_name="pay_receipts")
    op.drop_table("pay_receipts")
    op.drop_index(op.f("ix_pay_lines_account_id"), table_name="pay_lines")
    op.drop_table("pay_lines")
    op.drop_table("pay_balances")
    op.drop_index("ix_pay_attempts_next_query_at", table_name="pay_attempts")
    op.drop_table("pay_attempts")
    op.drop_table("pay_series")
    op.drop_index("ix_pay_requests_status_expires_at", table_name="pay_requests")
    op.drop_index("ix_pay_requests_desk_ref_seq", table_name="pay_requests")
    op.drop_table("pay_requests")
    op.drop_table("pay_movements")
    op.drop_index(
        "uq_pay_feeds_live_account",
        table_name="pay_feeds",
        sqlite_where=sa.text("status <> 'closed'"),
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.drop_index(op.f("ix_pay_feeds_next_pull_at"), table_name="pay_feeds")
    op.drop_table("pay_feeds")
    op.drop_table("pay_chains")
    op.drop_index(
        "uq_pay_cases_open",
        table_name="pay_cases",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_index(op.f("ix_pay_cases_opened_at"), table_name="pay_cases")
    op.drop_table("pay_cases")
    op.drop_table("pay_accounts")
    op.drop_table("pay_payees")
    op.drop_index("ix_pay_notices_status_next_try_at", table_name="pay_notices")
    op.drop_index("ix_pay_notices_provider_verdict_received_at", table_name="pay_notices")
    op.drop_table("pay_notices")
    op.drop_index(op.f("ix_trace_stamps_last_at"), table_name="trace_stamps")
    op.drop_table("trace_stamps")
    op.drop_index("uq_trace_ranges_batch_first", table_name="trace_ranges")
    op.drop_index(op.f("ix_trace_ranges_voided_at"), table_name="trace_ranges")
    op.drop_index(op.f("ix_trace_ranges_lot"), table_name="trace_ranges")
    op.drop_index(op.f("ix_trace_ranges_activated_at"), table_name="trace_ranges")
    op.drop_table("trace_ranges")
    op.drop_table("trace_batch_tiles")
    op.drop_index(op.f("ix_trace_recalls_lot"), table_name="trace_recalls")
    op.drop_table("trace_recalls")
    op.drop_index(op.f("ix_trace_batches_product"), table_name="trace_batches")
    op.drop_index(op.f("ix_trace_batches_issued_at"), table_name="trace_batches")
    op.drop_index(op.f("ix_trace_batches_establishment"), table_name="trace_batches")
    op.drop_table("trace_batches")
    op.drop_index(op.f("ix_trace_scans_scanned_at"), table_name="trace_scans")
    op.drop_index("ix_trace_scans_batch_index", table_name="trace_scans")
    op.drop_table("trace_scans")
    op.drop_index("uq_trace_lots_product_number", table_name="trace_lots")
    op.drop_index(op.f("ix_trace_lots_establishment"), table_name="trace_lots")
    op.drop_table("trace_lots")
    op.drop_table("trace_log_tiles")
    op.drop_table("trace_log_keys")
    op.drop_table("trace_log")
    op.drop_table("trace_entries")
    op.drop_table("trace_counters")
    op.drop_table("trace_checkpoints")
    op.drop_index("uq_trace_anchors_ledger_origin_size", table_name="trace_anchors")
    op.drop_index(op.f("ix_trace_anchors_state"), table_name="trace_anchors")
    op.drop_table("trace_anchors")
    op.drop_index(
        "uq_listing_live_open",
        table_name="listing_live",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_index(op.f("ix_listing_live_listing_id"), table_name="listing_live")
    op.drop_table("listing_live")
    op.drop_index(
        "uq_variant_gtin",
        table_name="variant",
        sqlite_where=sa.text("gtin IS NOT NULL"),
        postgresql_where=sa.text("gtin IS NOT NULL"),
    )
    op.drop_index(op.f("ix_variant_product_id"), table_name="variant")
    op.drop_table("variant")
    op.drop_index(op.f("ix_stamp_order_product_id"), table_name="stamp_order")
    op.drop_index(op.f("ix_stamp_order_organisation_id"), table_name="stamp_order")
    op.drop_index("ix_stamp_order_due", table_name="stamp_order")
    op.drop_table("stamp_order")
    op.drop_table("product_revision")
    op.drop_index(op.f("ix_photo_sha256"), table_name="photo")
    op.drop_index(op.f("ix_photo_product_id"), table_name="photo")
    op.drop_table("photo")
    op.drop_index("ix_listing_organisation_id_channel", table_name="listing")
    op.drop_table("listing")
    op.drop_table("stage_reached")
    op.drop_index("ix_product_shelf", table_name="product")
    op.drop_index(op.f("ix_product_organisation_id"), table_name="product")
    op.drop_index(op.f("ix_product_category_code"), table_name="product")
    op.drop_table("product")
    op.drop_index(op.f("ix_membership_person_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_draft_login_id"), table_name="draft")
    op.drop_index(op.f("ix_draft_expires_at"), table_name="draft")
    op.drop_table("draft")
    op.drop_index(op.f("ix_channel_account_organisation_id"), table_name="channel_account")
    op.drop_table("channel_account")
    op.drop_index(
        "uq_chain_confirmation_open",
        table_name="chain_confirmation",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_table("chain_confirmation")
    op.drop_index(op.f("ix_web_sessions_login_id"), table_name="web_sessions")
    op.drop_index(op.f("ix_web_sessions_last_seen_at"), table_name="web_sessions")
    op.drop_table("web_sessions")
    op.drop_index(
        "uq_organisation_open_household",
        table_name="organisation",
        sqlite_where=sa.text("kind = 'household' AND closed_at IS NULL"),
        postgresql_where=sa.text("kind = 'household' AND closed_at IS NULL"),
    )
    op.drop_index("ix_organisation_queue", table_name="organisation")
    op.drop_index(op.f("ix_organisation_head_person_id"), table_name="organisation")
    op.drop_index(op.f("ix_organisation_current_unit_id"), table_name="organisation")
    op.drop_table("organisation")
    op.drop_index(op.f("ix_unit_succession_to_id"), table_name="unit_succession")
    op.drop_table("unit_succession")
    op.drop_index(op.f("ix_unit_alias_name_key"), table_name="unit_alias")
    op.drop_table("unit_alias")
    op.drop_table("sign_in_links")
    op.drop_index(
        "uq_role_grants_open",
        table_name="role_grants",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_index(op.f("ix_role_grants_organisation_id"), table_name="role_grants")
    op.drop_index(op.f("ix_role_grants_login_id"), table_name="role_grants")
    op.drop_table("role_grants")
    op.drop_index(op.f("ix_person_phone_index"), table_name="person")
    op.drop_index(op.f("ix_person_name_index"), table_name="person")
    op.drop_index(op.f("ix_person_login_id"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_outbox_attempt_started_at"), table_name="outbox_attempt")
    op.drop_table("outbox_attempt")
    op.drop_table("category_map")
    op.drop_index(
        "uq_cashier_desk_state_open",
        table_name="cashier_desk_state",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_index("ix_cashier_desk_state_payee_from_at", table_name="cashier_desk_state")
    op.drop_table("cashier_desk_state")
    op.drop_table("authenticators")
    op.drop_index(op.f("ix_sms_messages_status"), table_name="sms_messages")
    op.drop_index(op.f("ix_sms_messages_next_attempt_at"), table_name="sms_messages")
    op.drop_table("sms_messages")
    op.drop_table("seller_requirement")
    op.drop_table("sale_unit")
    op.drop_index(
        "uq_places_home_open",
        table_name="places_home",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_index("ix_places_home_area_id_to_at", table_name="places_home")
    op.drop_table("places_home")
    op.drop_index(op.f("ix_payee_owner_organisation_id"), table_name="payee_owner")
    op.drop_table("payee_owner")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_one_time_codes_sends", table_name="one_time_codes")
    op.drop_index(op.f("ix_one_time_codes_prefix"), table_name="one_time_codes")
    op.drop_index(op.f("ix_one_time_codes_issued_at"), table_name="one_time_codes")
    op.drop_index(op.f("ix_one_time_codes_address_hash"), table_name="one_time_codes")
    op.drop_table("one_time_codes")
    op.drop_table("logins")
    op.drop_index(
        "uq_institution_list_open",
        table_name="institution_list",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_index("ix_institution_list_payee_from_at", table_name="institution_list")
    op.drop_table("institution_list")
    op.drop_index(op.f("ix_desk_payee"), table_name="desk")
    op.drop_table("desk")
    op.drop_index(
        "uq_consents_open",
        table_name="consents",
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.drop_index(op.f("ix_consents_person_id"), table_name="consents")
    op.drop_table("consents")
    op.drop_table("consent_texts")
    op.drop_table("channel_switch")
    op.drop_index(
        "uq_channel_link_state_open",
        table_name="channel_link_state",
        sqlite_where=sa.text("to_at IS NULL"),
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.drop_table("channel_link_state")
    op.drop_index("ix_channel_event_status_next_attempt_at", table_name="channel_event")
    op.drop_table("channel_event")
    op.drop_table("category")
    op.drop_index(
        "uq_cases_open",
        table_name="cases",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("cases")
    op.drop_index(op.f("ix_audit_rows_subject"), table_name="audit_rows")
    op.drop_index(op.f("ix_audit_rows_object_id"), table_name="audit_rows")
    op.drop_index(op.f("ix_audit_rows_actor"), table_name="audit_rows")
    op.drop_table("audit_rows")
    op.drop_table("audit_heads")
    op.drop_table("api_keys")
    op.drop_table("adopt_period")
    op.drop_table("adopt_observation")
    op.drop_table("adopt_note")
    op.drop_table("adopt_lane")
    op.drop_index("ix_adopt_delta_cell", table_name="adopt_delta")
    op.drop_table("adopt_delta")
    op.drop_table("adopt_clock")
    op.drop_table("adopt_change")
    op.drop_table("adopt_cell")
    op.drop_index("ix_admin_unit_province_id_level", table_name="admin_unit")
    op.drop_index(op.f("ix_admin_unit_parent_id"), table_name="admin_unit")
    op.drop_index(op.f("ix_admin_unit_name_key"), table_name="admin_unit")
    op.drop_table("admin_unit")
