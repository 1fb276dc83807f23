"""Count wrong passwords by network address, and mark passwords that are due for another."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Until now nobody could change the password that an admin gave.
GIVEN = """
UPDATE users SET must_change_password = true WHERE EXISTS (
    SELECT FROM audit_events
    WHERE subject = 'user:' || users.id AND actor_id IS NOT NULL
        AND action IN ('user.added', 'user.password_renewed'))
"""


def upgrade():
    op.create_table(
        "wrong_passwords",
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address", name="pk_wrong_passwords"),
    )
    op.create_index("ix_wrong_passwords_since", "wrong_passwords", ["since"])
    op.add_column(
        "users",
        sa.Column("must_change_password", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("users", "must_change_password", server_default=None)
    op.execute(GIVEN)
    op.execute("UPDATE users SET password = 'salted' || password WHERE password LIKE '$argon2%'")


def downgrade():
    op.execute(
        "UPDATE users SET password = substr(password, 7) WHERE password LIKE 'salted$argon2%'"
    )
    op.drop_column("users", "must_change_password")
    op.drop_table("wrong_passwords")
