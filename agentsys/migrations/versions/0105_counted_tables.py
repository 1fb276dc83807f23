"""Keep with each proven table what PostgreSQL had counted in it; the next audit reads all rows.

Revision ID: 0105
Revises: 0104
"""

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None

_NUMBERS = ("counted_rows", "total", "inserted", "updated", "deleted")


def upgrade():
    """Make the table anew: what is proven is found by the next audit."""
    op.drop_table("proven_tables")
    op.create_table(
        "proven_tables",
        sa.Column("part", sa.String(63), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("point", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("highest", sa.BigInteger(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _NUMBERS),
        sa.Column("counted_since", sa.String(120), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_proven_tables")),
    )


def downgrade():
    """Make the table of before anew."""
    op.drop_table("proven_tables")
    op.create_table(
        "proven_tables",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("point", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_proven_tables")),
    )
