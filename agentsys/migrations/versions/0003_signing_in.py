"""Count wrong passwords by network address."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "wrong_passwords",
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_wrong_passwords"),
    )
    op.create_index("ix_wrong_passwords_since", "wrong_passwords", ["since"])


def downgrade():
    op.drop_table("wrong_passwords")
