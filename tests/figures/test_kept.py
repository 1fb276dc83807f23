"""Large offices show figures that a job stores; they equal what a count of the rows gives."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import collected
from agentsys.contributions import queries as billed
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.figure_keepers import KEEPERS
from agentsys.figures import kept
from agentsys.figures.models import KeptFigure
from agentsys.months import add_months
from agentsys.people.models import RoleName, User
from agentsys.remittances import batches
from agentsys.remittances import queries as remittances
from agentsys.workers import registry
from tests.factories import make_agent, make_contribution, make_user, make_worker
from tests.payments.world import World


@pytest.fixture
def people(session: Session, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> list[User]:
    """Two offices, the first of which is large, with paid and open months; who looks at them."""
    monkeypatch.setattr(kept, "LARGE", 2)
    large = World.build(session, vault)
    for number in range(3):
        agent = large.agent if number else None
        worker = make_worker(session, vault, agent=agent, office_id=large.office_id)
        make_contribution(session, worker, clock.this_month())
    large.report(large.ask(2), PaymentState.SETTLED)
    small = World.build(session, vault)
    small.report(small.ask(3), PaymentState.SETTLED)
    colleague = make_agent(session, office_id=large.office_id)
    make_contribution(session, make_worker(session, vault, agent=colleague))
    supervisor = session.get_one(User, large.agent.supervisor_id)
    agent = session.get_one(User, large.agent.user_id)
    return [
        make_user(session, RoleName.ADMIN),
        make_user(session, RoleName.FINANCE, office_id=large.office_id),
        make_user(session, RoleName.FINANCE, office_id=small.office_id),
        supervisor,
        agent,
    ]


def figures(session: Session, user: User) -> dict[str, Any]:
    """All figures on the pages of this person."""
    month = clock.this_month()
    first = add_months(month, -5)
    return {
        "month": collected.total_of_month(session, user, month=month),
        "months": collected.by_month(session, user, first=first, last=month),
        "workers": registry.count_in_scope(session, user),
        "enrolled": billed.enrolled_workers(session, user, month=month),
        "ready": [
            (group.office_id, group.first_month, group.last_month, group.count, group.amount_idr)
            for group in remittances.ready_to_remit(session, user)
        ],
    }


def keep(session: Session) -> None:
    """Store the figures as the job does."""
    for keeper in KEEPERS:
        keeper(session)


def test_kept_figures_are_those_of_the_rows(session: Session, people: list[User]) -> None:
    read = [figures(session, user) for user in people]

    keep(session)

    assert session.scalars(select(KeptFigure.office_id).distinct()).all() == [people[1].office_id]
    assert [figures(session, user) for user in people] == read


def test_a_large_office_shows_what_was_kept_until_it_is_kept_again(
    session: Session, people: list[User], vault: Vault
) -> None:
    keep(session)
    admin, finance = people[:2]
    before = figures(session, admin)
    make_contribution(
        session, make_worker(session, vault, agent=make_agent(session, office_id=finance.office_id))
    )

    assert figures(session, admin) == before
    assert all(group.at is not None for group in remittances.ready_to_remit(session, finance))
    keep(session)
    assert figures(session, admin)["workers"] == before["workers"] + 1


def test_after_a_batch_the_rest_is_read_anew(session: Session, people: list[User]) -> None:
    keep(session)
    finance = people[1]

    batches.make_batch(session, office_id=finance.office_id or 0, actor_id=finance.id)

    assert remittances.ready_to_remit(session, finance) == []
