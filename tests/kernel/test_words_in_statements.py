"""States are written into the text of statements, so that a kept plan can use partial indexes."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import postgresql

from agentsys.payments.deposit_models import Deposit, DepositState

DECLARED, RETURNED = DepositState.DECLARED, DepositState.RETURNED


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (Deposit.state == DECLARED, "deposits.state = 'declared'"),
        (Deposit.state != DECLARED, "deposits.state != 'declared'"),
        (Deposit.state.in_([DECLARED, RETURNED]), "deposits.state IN ('declared', 'returned')"),
        (Deposit.state.not_in([RETURNED]), "(deposits.state NOT IN ('returned'))"),
    ],
)
def test_a_compared_state_is_part_of_the_text(condition, written):
    compiled = condition.compile(
        dialect=postgresql.dialect(), compile_kwargs={"render_postcompile": True}
    )

    assert str(compiled) == written
    assert compiled.params == {}


def test_the_plan_that_is_kept_finds_open_deposits_by_their_index(session):
    """A kept plan of `state = $1` could not: it must serve every state."""
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    query = select(Deposit.id).where(Deposit.office_id == 1, Deposit.state == DECLARED)
    compiled = query.compile(session.get_bind(), compile_kwargs={"render_postcompile": True})
    number = str(compiled).replace(f"%({next(iter(compiled.params))})s::BIGINT", "$1")
    session.execute(text(f"PREPARE kept (bigint) AS {number}"))

    plan = "\n".join(session.scalars(text("EXPLAIN (COSTS OFF) EXECUTE kept (1)")))

    session.execute(text("DEALLOCATE kept"))
    assert "ix_deposits_declared" in plan, plan
