"""Keep the file of a roster's refused rows, and no whole NIK in its notes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Fifteen digits or more in a row, with what people write between them.
RUN = "[0-9]([ .,_/''-]{0,3}[0-9])"


def upgrade():
    op.add_column("roster_files", sa.Column("rejects", sa.LargeBinary(), nullable=True))
    op.execute(
        f"UPDATE roster_notes SET shown = regexp_replace(shown, '{RUN}{{14,}}', repeat('•', 15), 'g')"
        f" WHERE shown ~ '{RUN}{{14}}'"
    )
    op.create_check_constraint("shown_holds_no_nik", "roster_notes", f"shown !~ '{RUN}{{14}}'")


def downgrade():
    op.drop_constraint(op.f("ck_roster_notes_shown_holds_no_nik"), "roster_notes", type_="check")
    op.drop_column("roster_files", "rejects")
