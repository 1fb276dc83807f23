"""Seal the files of rosters, and keep one of two: what was uploaded, or what was refused.

Those that are there are dropped: they lie open, the data of their accepted rows is imported, and
their refused rows can be uploaded again. A roster that still waits fails with that advice.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    _empty()
    op.alter_column("roster_files", "content", new_column_name="sealed")
    op.drop_column("roster_files", "rejects")
    op.add_column(
        "roster_files",
        sa.Column("refused_only", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade():
    _empty()  # what is sealed means nothing to the version before
    op.drop_column("roster_files", "refused_only")
    op.add_column("roster_files", sa.Column("rejects", sa.LargeBinary(), nullable=True))
    op.alter_column("roster_files", "sealed", new_column_name="content")


def _empty():
    # Deleted rows would stay in the table's file until it is vacuumed.
    op.execute("TRUNCATE roster_files")
