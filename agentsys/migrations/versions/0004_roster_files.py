"""Keep the file of a roster's refused rows."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("roster_files", sa.Column("rejects", sa.LargeBinary(), nullable=True))


def downgrade():
    op.drop_column("roster_files", "rejects")
