"""The pages of a portfolio: their order, their counts, and the statements that they take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.listing.request import ListRequest
from agentsys.payments import portfolio
from agentsys.people.models import Agent
from agentsys.workers.kinds import Funding
from tests.payments.portfolios import BEFORE, NOW, member, paid_in, worker_of

pytestmark = pytest.mark.usefixtures("november")


@contextmanager
def _statements() -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    made: list[str] = []

    def note(*arguments: object) -> None:
        made.append(str(arguments[2]))

    event.listen(db.engine.engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(db.engine.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("after", ["x", "1;2", "2026-13.5", "-1", "9" * 30])
def test_a_broken_page_mark_shows_the_first_page(
    session: Session, vault: Vault, agent: Agent, after: str
) -> None:
    worker_of(session, vault, agent, "Siti", NOW)

    asked = ListRequest(tab="todo", cursor=after)
    page = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=asked)

    assert [entry.name for entry in page.rows] == ["Siti"]


def test_a_page_takes_the_same_number_of_statements_however_long_it_is(
    session: Session, vault: Vault, agent: Agent
) -> None:
    for number in range(12):
        worker_of(session, vault, agent, f"Pekerja {number}", NOW)

    with _statements() as made:
        portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=ListRequest(size=2))
        short = len(made)
        portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=ListRequest(size=12))

    assert short == 3
    assert len(made) == 2 * short


def test_a_page_with_its_counts_takes_two_statements(
    session: Session, vault: Vault, agent: Agent
) -> None:
    for number in range(12):
        worker_of(session, vault, agent, f"Pekerja {number}", NOW)

    with _statements() as made:
        page, counts = portfolio.portfolio_and_counts(
            session, agent_id=agent.id, vault=vault, asked=ListRequest(tab="due", size=5)
        )

    assert len(made) == 2
    assert len(page.rows) == 5
    assert page.total == counts["due"] == 12


def test_a_page_with_its_counts_is_the_page_and_the_counts(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker_of(session, vault, agent, "Budi Santoso", BEFORE, NOW)
    worker_of(session, vault, agent, "Ratna Sari", NOW, enrolled_from=NOW)
    paid_in(session, member(session, vault, agent, "Slamet"), NOW)
    worker_of(session, vault, agent, "Tini", funding=Funding.APBN)
    for query in ("", "a", "nobody"):
        counts = portfolio.counts(session, agent_id=agent.id, vault=vault, query=query)
        for tab in portfolio.FILTERS:
            for asked in (
                ListRequest(tab=tab, query=query),
                ListRequest(tab=tab, query=query, sort="name", descending=True, size=1),
                ListRequest(tab=tab, query=query, letter="s"),
            ):
                page = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=asked)
                both = portfolio.portfolio_and_counts(
                    session, agent_id=agent.id, vault=vault, asked=asked
                )
                assert both == (page, counts), asked


def test_the_counts_are_of_those_whom_the_search_finds(
    session: Session, vault: Vault, agent: Agent
) -> None:
    member(session, vault, agent, "Siti Aminah", BEFORE, NOW)
    member(session, vault, agent, "Budi", NOW)

    counts = portfolio.counts(session, agent_id=agent.id, vault=vault, query="siti")

    assert {name: count for name, count in counts.items() if count} == {
        "todo": 1,
        "arrears": 1,
        "all": 1,
    }


def test_totals_that_are_known_are_those_that_would_be_counted(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker_of(session, vault, agent, "Budi Santoso", BEFORE, NOW)
    worker_of(session, vault, agent, "Ratna Sari", NOW, enrolled_from=NOW)
    paid_in(session, member(session, vault, agent, "Slamet"), NOW)
    worker_of(session, vault, agent, "Tini", funding=Funding.APBN)
    for query in ("", "a"):
        known = portfolio.counts(session, agent_id=agent.id, vault=vault, query=query)
        for tab in portfolio.FILTERS:
            for letter in ("", "s"):
                asked = ListRequest(tab=tab, query=query, letter=letter)
                pages = [
                    portfolio.portfolio(
                        session, agent_id=agent.id, vault=vault, asked=asked, totals=totals
                    )
                    for totals in (None, known)
                ]
                assert pages[0] == pages[1], (tab, query, letter)
