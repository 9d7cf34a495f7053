"""A name is looked for with its phone alone: its own index goes, a third of what a province's list writes anew.

Policy: additive first (the code before this one must run on the new schema); lock_timeout 4 s; a rename takes three
releases; backfills are due work. Goes up, checks clean, comes down and goes up again on both engines.

Revision ID: 0035_name_index
Revises: 0034_partners
"""

from alembic import op

revision = "0035_name_index"
down_revision = "0034_partners"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_person_name_index", table_name="person")


def downgrade() -> None:
    op.create_index("ix_person_name_index", "person", ["name_index"], unique=False)
