"""Portfolio pages, their search and counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.listing.request import ListRequest
from agentsys.months import add_months
from agentsys.payments import portfolio
from agentsys.people.models import Agent
from agentsys.workers.kinds import Funding
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_contribution, make_payment, make_worker

NOW = clock.this_month()
BEFORE, LONG_AGO, NEXT = add_months(NOW, -1), add_months(NOW, -3), add_months(NOW, 1)


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent."""
    return make_agent(session)


def _worker(
    session: Session, vault: Vault, agent: Agent, name: str, *open_: date, **values: object
) -> Worker:
    worker = make_worker(session, vault, agent=agent, name=name, **values)
    for month in open_:
        make_contribution(session, worker, month)
    return worker


def _paid(session: Session, worker: Worker, month: date) -> None:
    """A contribution of that month, paid and not yet at BPJS."""
    contribution = make_contribution(session, worker, month)
    contribution.payment_id = make_payment(session, worker, [contribution]).id
    session.flush()


def _member(session: Session, vault: Vault, agent: Agent, name: str, *open_: date) -> Worker:
    """Somebody who paid the first month of the membership, four months ago."""
    began = add_months(NOW, -4)
    worker = _worker(session, vault, agent, name, *open_, enrolled_from=began)
    _paid(session, worker, began)
    return worker


def _names(
    session: Session, vault: Vault, agent: Agent, filter: str = "all", query: str = ""
) -> list[str]:
    asked = ListRequest(tab=filter, query=query)
    page = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=asked)
    return [entry.name for entry in page.rows]


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


def test_each_filter_shows_its_workers_and_the_oldest_arrears_first(
    session: Session, vault: Vault, agent: Agent
) -> None:
    _member(session, vault, agent, "Budi", BEFORE, NOW)
    _member(session, vault, agent, "Citra", NOW)
    _member(session, vault, agent, "Dewi", LONG_AGO, BEFORE, NOW)
    _paid(session, _worker(session, vault, agent, "Andi", NEXT), NOW)
    _member(session, vault, agent, "Eka")
    _worker(session, vault, agent, "Fajar")
    _worker(session, vault, agent, "Gita", NOW)
    _worker(session, vault, agent, "Hadi", NOW, funding=Funding.APBD)
    _worker(session, vault, make_agent(session), "Orang Lain", LONG_AGO)

    shown = {name: _names(session, vault, agent, name) for name in portfolio.FILTERS}

    assert shown == {
        "todo": ["Dewi", "Budi", "Citra", "Gita", "Fajar"],
        "arrears": ["Dewi", "Budi"],
        "first": ["Gita", "Fajar"],
        "due": ["Citra", "Gita"],
        "paid": ["Andi"],
        "sponsored": ["Hadi"],
        "all": ["Andi", "Budi", "Citra", "Dewi", "Eka", "Fajar", "Gita", "Hadi"],
    }
    assert portfolio.counts(session, agent_id=agent.id, vault=vault) == {
        name: len(names) for name, names in shown.items()
    }


def test_an_entry_tells_what_is_open_and_what_bpjs_confirmed(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker = _worker(session, vault, agent, "Budi", BEFORE, NOW)
    paid = make_contribution(session, worker, LONG_AGO)
    payment = make_payment(session, worker, [paid])
    paid.payment_id, paid.remittance_id, paid.confirmed_at = payment.id, 1, clock.now()
    session.flush()

    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault).rows[0]

    assert (entry.due_idr, entry.arrears_months) == (2 * 16_800, 1)
    assert (entry.paid_until, entry.waiting_id) == (LONG_AGO, payment.id)


def test_money_that_bpjs_did_not_confirm_is_not_shown_as_paid_until(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker = _worker(session, vault, agent, "Budi")
    collected = make_contribution(session, worker, NOW)
    collected.payment_id = make_payment(session, worker, [collected]).id
    session.flush()

    paid = ListRequest(tab="paid")
    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=paid).rows[0]

    assert entry.paid_until is None


def test_a_contribution_of_this_month_only_is_due_and_not_late(
    session: Session, vault: Vault, agent: Agent
) -> None:
    _worker(session, vault, agent, "Budi", NOW)

    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault).rows[0]

    assert (entry.arrears_months, entry.due_idr) == (0, 16_800)


@pytest.mark.parametrize("chosen", ["all", "todo"])
def test_pages_follow_each_other_without_gaps_or_repetitions(
    session: Session, vault: Vault, agent: Agent, chosen: str
) -> None:
    for number in range(7):
        # Equal names, so that only the id tells them apart.
        _worker(session, vault, agent, f"Siti {number // 3}", BEFORE if number % 2 else LONG_AGO)
    seen: list[int] = []
    after = ""

    while True:
        page = portfolio.portfolio(
            session,
            agent_id=agent.id,
            vault=vault,
            asked=ListRequest(tab=chosen, cursor=after, size=2),
        )
        seen += [entry.worker_id for entry in page.rows]
        after = page.next
        if not after:
            break

    assert len(seen) == len(set(seen)) == 7
    asked = ListRequest(tab=chosen)
    whole = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=asked)
    assert seen == [entry.worker_id for entry in whole.rows]


@pytest.mark.parametrize(
    "query", ["siti", "AMINAH", "ti ami", "6474015203800042", "6474 0152 0380 0042", "0042"]
)
def test_a_worker_is_found_by_name_and_by_nik(
    session: Session, vault: Vault, agent: Agent, query: str
) -> None:
    _worker(session, vault, agent, "Siti Aminah", nik="6474015203800042", phone="+6281234567890")
    _worker(session, vault, agent, "Budi", nik="6474011203800077", phone="+6281399990000")

    assert _names(session, vault, agent, query=query) == ["Siti Aminah"]


@pytest.mark.parametrize("query", ["081234567890", "0812-3456", "+62 812 3456", "7890"])
def test_a_worker_is_found_by_phone(
    session: Session, vault: Vault, agent: Agent, query: str
) -> None:
    _worker(session, vault, agent, "Siti Aminah", nik="6474015203800042", phone="+6281234567890")
    _worker(session, vault, agent, "Budi", nik="6474011203800077", phone="+6281399990000")

    assert _names(session, vault, agent, query=query) == ["Siti Aminah"]


def test_nobody_elses_worker_is_found(session: Session, vault: Vault, agent: Agent) -> None:
    _worker(session, vault, make_agent(session), "Siti Aminah", nik="6474015203800042")

    assert _names(session, vault, agent, query="6474015203800042") == []
    assert _names(session, vault, agent, query="siti") == []


@pytest.mark.parametrize("query", ["%", "_", "\\", "'; --", "100%"])
def test_signs_with_a_meaning_in_sql_are_only_signs(
    session: Session, vault: Vault, agent: Agent, query: str
) -> None:
    _worker(session, vault, agent, "Siti Aminah")

    assert _names(session, vault, agent, query=query) == []


@pytest.mark.parametrize("after", ["x", "1;2", "2026-13.5", "-1", "9" * 30])
def test_a_broken_page_mark_shows_the_first_page(
    session: Session, vault: Vault, agent: Agent, after: str
) -> None:
    _worker(session, vault, agent, "Siti", NOW)

    asked = ListRequest(tab="todo", cursor=after)
    page = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=asked)

    assert [entry.name for entry in page.rows] == ["Siti"]


def test_a_page_takes_the_same_number_of_statements_however_long_it_is(
    session: Session, vault: Vault, agent: Agent
) -> None:
    for number in range(12):
        _worker(session, vault, agent, f"Pekerja {number}", NOW)

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
        _worker(session, vault, agent, f"Pekerja {number}", NOW)

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
    _worker(session, vault, agent, "Budi Santoso", BEFORE, NOW)
    _worker(session, vault, agent, "Ratna Sari", NOW, enrolled_from=NOW)
    _paid(session, _member(session, vault, agent, "Slamet"), NOW)
    _worker(session, vault, agent, "Tini", funding=Funding.APBN)
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
    _member(session, vault, agent, "Siti Aminah", BEFORE, NOW)
    _member(session, vault, agent, "Budi", NOW)

    counts = portfolio.counts(session, agent_id=agent.id, vault=vault, query="siti")

    assert {name: count for name, count in counts.items() if count} == {
        "todo": 1,
        "arrears": 1,
        "all": 1,
    }


def test_totals_that_are_known_are_those_that_would_be_counted(
    session: Session, vault: Vault, agent: Agent
) -> None:
    _worker(session, vault, agent, "Budi Santoso", BEFORE, NOW)
    _worker(session, vault, agent, "Ratna Sari", NOW, enrolled_from=NOW)
    _paid(session, _member(session, vault, agent, "Slamet"), NOW)
    _worker(session, vault, agent, "Tini", funding=Funding.APBN)
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


def test_a_whole_list_that_was_never_paid_is_not_shown_as_paid(
    session: Session, vault: Vault, agent: Agent
) -> None:
    for number in range(3):
        _worker(session, vault, agent, f"Daftar {number}", enrolled_from=LONG_AGO)

    counts = portfolio.counts(session, agent_id=agent.id, vault=vault)
    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault).rows[0]

    assert (counts["paid"], counts["first"], counts["todo"]) == (0, 3, 3)
    assert (entry.never_paid, entry.collectable, entry.due_idr) == (True, True, 0)
    assert entry.first_idr > 0


def test_nobody_whom_a_sponsor_pays_for_is_to_be_collected_from(
    session: Session, vault: Vault, agent: Agent
) -> None:
    _worker(session, vault, agent, "Hadi", BEFORE, NOW, funding=Funding.APBD)

    asked = ListRequest(tab="all")
    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=asked).rows[0]

    assert _names(session, vault, agent, "todo") == []
    assert (entry.standing, entry.collectable) == (portfolio.Standing.SPONSORED, False)
