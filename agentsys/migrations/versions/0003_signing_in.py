"""Count wrong passwords by network address, and mark the passwords that the secret key salts."""

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
    op.execute("UPDATE users SET password = 'salted' || password WHERE password LIKE '$argon2%'")


def downgrade():
    op.execute(
        "UPDATE users SET password = substr(password, 7) WHERE password LIKE 'salted$argon2%'"
    )
    op.drop_table("wrong_passwords")
