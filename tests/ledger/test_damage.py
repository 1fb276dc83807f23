"""Each invariant detects the damage that it is meant for."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.ledger import invariants
from agentsys.payments.gateway_payouts import record_own_funds
from tests.ledger.fee_damage import FEE_MISPLACED
from tests.ledger.month_end import DAMAGE, STATEMENT, close_month
from tests.payments.world import World

# The right sum in the wrong account.
MISPLACED = {
    "remittance_is_the_sum_of_its_contributions": ("UPDATE contributions SET office_id = -1",),
    "confirmed_remittance_has_its_entry": (
        "UPDATE remittances SET paid_idr = amount_idr + 1 WHERE state = 'confirmed'",
    ),
    "gateway_fee_has_its_entry": FEE_MISPLACED,
    "payout_has_its_entry": ("UPDATE gateway_payouts SET fee_idr = 1",),
    "approved_statement_has_its_entry": (
        STATEMENT,
        """
        WITH e AS (
            INSERT INTO entries (kind, source, at)
            SELECT 'commission.approved', 'statement:' || id, now() FROM statements RETURNING id
        )
        INSERT INTO postings
        SELECT e.id, l.account, l.amount FROM e,
            (VALUES ('expense:commission:1', 5), ('owed:commission:agent:-1', -5))
            l (account, amount)
        """,
    ),
}


@pytest.fixture
def month_end(session: Session, vault: Vault) -> World:
    """The books of a whole month."""
    world = World.build(session, vault)
    close_month(world)
    session.commit()
    return world


def test_the_books_of_a_whole_month_are_right(month_end: World) -> None:
    assert invariants.check(month_end.session) == []


def test_every_invariant_has_a_damage_that_it_is_tried_on() -> None:
    assert DAMAGE.keys() == invariants.CHECKS.keys()


@pytest.mark.parametrize("name", DAMAGE)
def test_an_invariant_sees_its_damage(month_end: World, name: str) -> None:
    month_end.session.execute(text(DAMAGE[name].replace(":", "\\:")))

    violations = invariants.check(month_end.session)

    seen = [violation for violation in violations if violation.check == name]
    assert seen
    assert seen[0].row
    assert seen[0].sentence == invariants.CHECKS[name][0]


@pytest.mark.parametrize("name", MISPLACED)
def test_an_invariant_sees_the_right_sum_in_the_wrong_place(month_end: World, name: str) -> None:
    for damage in MISPLACED[name]:
        month_end.session.execute(text(damage.replace(":", "\\:")))

    assert name in {violation.check for violation in invariants.check(month_end.session)}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE postings p SET amount_idr = p.amount_idr + sign(p.amount_idr) * 1000"
        " FROM entries e WHERE e.id = p.entry_id AND e.kind = 'own_funds.added'",
        "DELETE FROM entries WHERE kind = 'own_funds.added'",
        "UPDATE entries SET source = 'LAIN' WHERE kind = 'own_funds.added'",
        "DELETE FROM audit_events WHERE action = 'own_funds.added'",
    ],
)
def test_own_funds_that_somebody_changed_in_the_database_are_found(
    month_end: World, change: str
) -> None:
    record_own_funds(
        month_end.session,
        bank_ref="MODAL-1",
        amount_idr=50_000,
        actor_id=month_end.finance.id,
        office_id=month_end.office_id,
    )
    assert invariants.check(month_end.session) == []

    # As somebody who may switch off the triggers.
    month_end.session.execute(text("SET LOCAL session_replication_role = replica"))
    month_end.session.execute(text(change))

    checks = {violation.check for violation in invariants.check(month_end.session)}
    assert "own_funds_are_as_recorded" in checks
