"""What an agent has earned so far: computed for a view, or stored for agents with many workers."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.commissions import estimates
from agentsys.commissions.estimates import Estimate
from agentsys.commissions.lines import Hook, Offers
from agentsys.commissions.models import KeptEstimate
from agentsys.crypto import Vault
from agentsys.extension.contract import AgentMonth
from agentsys.figures import kept
from agentsys.people.models import Agent
from agentsys.workers import registry
from tests.commissions.builders import DECEMBER, NOVEMBER, fee, offer, portfolio
from tests.factories import make_agent

THOUSAND_EACH = offer(uji=fee())


def broken(month: AgentMonth) -> Offers:
    """A rule that fails."""
    raise RuntimeError("a rule with a mistake")


@pytest.fixture
def many(session: Session, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> Agent:
    """An agent of a large office with more workers than estimates are computed for at once."""
    monkeypatch.setattr(kept, "LARGE", 2)
    monkeypatch.setattr(estimates, "LARGE", 2)
    agent = make_agent(session)
    portfolio(session, vault, agent, 3)
    portfolio(session, vault, make_agent(session, office_id=agent.office_id), 1)
    registry.keep(session)
    return agent


def estimate(session: Session, agent: Agent, rules: Hook = THOUSAND_EACH) -> Estimate:
    """The estimate of November."""
    return estimates.estimate(session, agent=agent, month=NOVEMBER, rules=rules)


def test_the_estimate_adds_up_what_the_rules_grant(session: Session, many: Agent) -> None:
    found = estimate(session, many)

    assert (found.gross_idr, found.confirmed, found.newcomers.counted) == (3_000, 3, 3)
    assert found.at is None


def test_a_stored_estimate_is_the_computed_one_with_its_time(session: Session, many: Agent) -> None:
    computed = estimate(session, many)

    estimates.keep(session, THOUSAND_EACH)
    stored = estimate(session, many, rules=broken)

    assert stored.at is not None
    assert (stored.gross_idr, stored.confirmed) == (computed.gross_idr, computed.confirmed)
    assert stored.newcomers == computed.newcomers


def test_only_agents_with_many_workers_have_a_stored_estimate(
    session: Session, many: Agent
) -> None:
    estimates.keep(session, THOUSAND_EACH)

    assert session.scalars(select(KeptEstimate.agent_id)).all() == [many.id]


def test_an_estimate_of_another_month_is_not_shown(session: Session, many: Agent) -> None:
    estimates.keep(session, THOUSAND_EACH)

    found = estimates.estimate(session, agent=many, month=DECEMBER, rules=THOUSAND_EACH)

    assert (found.gross_idr, found.at) == (0, None)


def test_storing_again_replaces_what_was_stored(
    session: Session, vault: Vault, many: Agent
) -> None:
    estimates.keep(session, THOUSAND_EACH)
    portfolio(session, vault, many, 1)

    estimates.keep(session, THOUSAND_EACH)

    assert estimate(session, many).gross_idr == 4_000
    assert session.scalar(select(func.count()).select_from(KeptEstimate)) == 1


def test_a_rule_that_fails_leaves_the_counts_of_the_estimate(session: Session, many: Agent) -> None:
    estimates.keep(session, broken)
    found = estimate(session, many)

    assert (found.gross_idr, found.confirmed) == (None, 3)
