"""Keep with each case the office that it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_OF_PAYMENTS = """
    UPDATE cases SET office_id = p.office_id FROM payments p WHERE p.id = cases.payment_id
"""
_OF_BATCHES = """
    UPDATE cases SET office_id = r.office_id FROM remittances r
    WHERE cases.kind = 'paid_though_cancelled' AND cases.subject = 'remittance:' || r.id
"""


def upgrade():
    op.add_column("cases", sa.Column("office_id", sa.BigInteger()))
    op.create_foreign_key("fk_cases_office_id_offices", "cases", "offices", ["office_id"], ["id"])
    op.execute(_OF_PAYMENTS)
    op.execute(_OF_BATCHES)
    op.create_check_constraint(
        op.f("ck_cases_payment_has_office"), "cases", "payment_id IS NULL OR office_id IS NOT NULL"
    )


def downgrade():
    op.drop_constraint(op.f("ck_cases_payment_has_office"), "cases", type_="check")
    op.drop_constraint("fk_cases_office_id_offices", "cases", type_="foreignkey")
    op.drop_column("cases", "office_id")
