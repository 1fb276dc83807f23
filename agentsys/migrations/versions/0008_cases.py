"""The desk takes in news that differ, and four more kinds of them."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BEFORE = (
    "other_amount",
    "paid_twice",
    "paid_late",
    "unknown_order",
    "reversed",
    "refunded_after_remitted",
)
# What each new kind is called in a version that does not know it.
NEW = {
    "refunded_after_repaid": "refunded_after_remitted",
    "changed_after_decision": "reversed",
    "unclear": "reversed",
    "unanswered": "unknown_order",
}
SOMEBODY = "(closed_at IS NULL) = (closed_by IS NULL)"
OR_BY_ITSELF = f"{SOMEBODY} OR (kind = 'unanswered' AND closed_by IS NULL)"

# One of each kind and subject stays: the open one, or else the newest.
ONE_OF_EACH = """
    DELETE FROM cases WHERE id NOT IN (
        SELECT DISTINCT ON (kind, subject) id FROM cases
        ORDER BY kind, subject, closed_at DESC NULLS FIRST, id DESC
    )
"""


def upgrade():
    _kinds([*BEFORE, *NEW])
    _closed(OR_BY_ITSELF)
    op.drop_constraint("uq_cases_kind_subject", "cases", type_="unique")
    op.create_unique_constraint(
        "uq_cases_kind_subject_facts", "cases", ["kind", "subject", "facts"]
    )
    op.create_index("ix_cases_payment_id", "cases", ["payment_id"])


def downgrade():
    op.drop_index("ix_cases_payment_id", "cases")
    op.execute("DELETE FROM cases WHERE closed_at IS NOT NULL AND closed_by IS NULL")
    op.drop_constraint("uq_cases_kind_subject_facts", "cases", type_="unique")
    for kind, known in NEW.items():
        op.execute(f"UPDATE cases SET kind = '{known}' WHERE kind = '{kind}'")  # noqa: S608
    op.execute(ONE_OF_EACH)
    op.create_unique_constraint("uq_cases_kind_subject", "cases", ["kind", "subject"])
    _closed(SOMEBODY)
    _kinds(BEFORE)


def _kinds(kinds):
    name = op.f("ck_cases_casekind")
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(name, "cases", type_="check")
    op.create_check_constraint(name, "cases", f"kind IN ({listed})")


def _closed(rule):
    name = op.f("ck_cases_closed_by_somebody")
    op.drop_constraint(name, "cases", type_="check")
    op.create_check_constraint(name, "cases", rule)
