"""Ask providers from jobs: questions, how channels work, attempts, and links withdrawn.

Revision ID: 0035
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_WAKE_IN = """
CREATE FUNCTION agentsys_wake_in(place text, wanted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM procrastinate_jobs WHERE queueing_lock = wanted AND status = 'todo') THEN
        RETURN;
    END IF;
    PERFORM procrastinate_defer_jobs_v1(ARRAY[
        ROW(place, wanted, 0, NULL, wanted, '{}'::jsonb, NULL)::procrastinate_job_to_defer_v1]);
EXCEPTION WHEN unique_violation THEN
    RETURN;
END $$;
"""
_STATES = ("created", "pending", "settled", "failed", "expired", "refunded")
_OUTCOMES = ("moved", "nothing_new", "unknown", "to_check")
_KINDS = (
    "other_amount",
    "paid_twice",
    "paid_late",
    "unknown_order",
    "reversed",
    "refunded_after_remitted",
    "refunded_after_repaid",
    "changed_after_decision",
    "unclear",
    "unanswered",
    "paid_though_cancelled",
)
_CLOSED = (
    "(closed_at IS NULL) = (closed_by IS NULL) OR (kind = 'unanswered' AND closed_by IS NULL)"
)
_CLOSED_BY_NEWS = (
    "(closed_at IS NULL) = (closed_by IS NULL)"
    " OR (kind IN ('unanswered', 'unclear') AND closed_by IS NULL)"
)


def upgrade():
    """Add the tables; payments that were never started are started by the sweep."""
    op.execute(_WAKE_IN)
    _provider_requests()
    op.create_table(
        "channel_states",
        sa.Column("channel", sa.String(30), nullable=False),
        sa.Column("health", sa.String(20), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("pauses", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.Column("by_start", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("channel", name="pk_channel_states"),
        sa.CheckConstraint(
            "health IN ('working', 'away', 'stopped')", name=op.f("ck_channel_states_channelhealth")
        ),
        sa.CheckConstraint(
            "(health = 'working') = (retry_at IS NULL)",
            name=op.f("ck_channel_states_tried_again_or_working"),
        ),
    )
    op.create_table(
        "payment_attempts",
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_ref", sa.String(80), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("amount_idr", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", "provider_ref", name="pk_payment_attempts"),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_payment_attempts_payment_id_payments"
        ),
        sa.CheckConstraint(f"state IN {_STATES}", name=op.f("ck_payment_attempts_paymentstate")),
    )
    op.add_column("pay_links", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
    _guard("callbacks", "outcome", f"outcome IN {(*_OUTCOMES, 'foreign')}")
    op.create_index(
        "ix_callbacks_foreign",
        "callbacks",
        ["id"],
        postgresql_where=sa.text("outcome = 'foreign'"),
    )
    _guard("cases", "casekind", f"kind IN {(*_KINDS, 'paid_again')}")
    _guard("cases", "closed_by_somebody", _CLOSED_BY_NEWS)


def downgrade():
    """Drop them; what was closed by news is closed by nobody any more, so it is opened again."""
    op.execute(
        "UPDATE cases SET closed_at = NULL, resolution = ''"
        " WHERE kind = 'unclear' AND closed_by IS NULL"
    )
    op.execute("UPDATE cases SET kind = 'unclear' WHERE kind = 'paid_again'")
    op.drop_index("ix_callbacks_foreign", table_name="callbacks")
    op.execute("UPDATE callbacks SET outcome = 'unknown' WHERE outcome = 'foreign'")
    _guard("cases", "closed_by_somebody", _CLOSED)
    _guard("cases", "casekind", f"kind IN {_KINDS}")
    _guard("callbacks", "outcome", f"outcome IN {_OUTCOMES}")
    # A link that was withdrawn must stay dead.
    op.execute("UPDATE pay_links SET expires_at = least(expires_at, withdrawn_at)")
    op.drop_column("pay_links", "withdrawn_at")
    op.drop_table("payment_attempts")
    op.drop_table("channel_states")
    op.drop_table("provider_requests")
    op.execute("DROP FUNCTION agentsys_wake_in(text, text)")


def _provider_requests():
    op.create_table(
        "provider_requests",
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(30), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(40), nullable=False),
        sa.Column("return_url", sa.String(500), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True)),
        sa.Column("note", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name="pk_provider_requests"),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name="fk_provider_requests_payment_id_payments"
        ),
        sa.CheckConstraint(
            "action IN ('start', 'check', 'cancel')", name=op.f("ck_provider_requests_action")
        ),
    )
    op.create_index("ix_provider_requests_next_try_at", "provider_requests", ["next_try_at"])
    op.create_index(
        "ix_provider_requests_claimed",
        "provider_requests",
        ["channel", "claimed_until"],
        postgresql_where=sa.text("claimed_until IS NOT NULL"),
    )


def _guard(table, name, rule):
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)
