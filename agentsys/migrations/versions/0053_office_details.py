"""Keep more about offices: kind, office above, contact, controller, agreement with BPJS, closing.

Revision ID: 0053
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

_TEXTS = {
    "contact_name": 120,
    "contact_phone": 30,
    "contact_email": 254,
    "address": 200,
    "controller": 160,
    "pks_number": 60,
}


def upgrade():
    """Add the columns."""
    _add("kind", sa.String(20), "wadah")
    for name, length in _TEXTS.items():
        _add(name, sa.String(length), "")
    op.add_column("offices", sa.Column("parent_id", sa.BigInteger()))
    op.add_column("offices", sa.Column("pks_from", sa.Date()))
    op.add_column("offices", sa.Column("pks_until", sa.Date()))
    op.add_column("offices", sa.Column("closed_at", sa.DateTime(timezone=True)))
    op.add_column("offices", sa.Column("closed_by", sa.BigInteger()))
    op.create_check_constraint(
        op.f("ck_offices_officekind"), "offices", "kind IN ('branch', 'wadah', 'agency')"
    )
    op.create_check_constraint(op.f("ck_offices_not_above_itself"), "offices", "parent_id <> id")
    op.create_check_constraint(
        op.f("ck_offices_agreement_in_order"), "offices", "pks_until >= pks_from"
    )
    op.create_foreign_key(
        op.f("fk_offices_parent_id_offices"), "offices", "offices", ["parent_id"], ["id"]
    )
    op.create_index(op.f("ix_offices_parent_id"), "offices", ["parent_id"])


def downgrade():
    """Remove them."""
    for name in ("closed_by", "closed_at", "pks_until", "pks_from", "parent_id", *_TEXTS, "kind"):
        op.drop_column("offices", name)


def _add(name, kind, value):
    op.add_column("offices", sa.Column(name, kind, nullable=False, server_default=value))
