"""Portfolio pages, their search and counts."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.listing.request import ListRequest
from agentsys.payments import portfolio
from agentsys.people.models import Agent
from agentsys.workers.kinds import Funding
from tests.factories import make_agent, make_contribution, make_payment
from tests.payments.portfolios import BEFORE, LONG_AGO, NEXT, NOW, member, paid_in, worker_of

pytestmark = pytest.mark.usefixtures("november")


def _names(
    session: Session, vault: Vault, agent: Agent, filter: str = "all", query: str = ""
) -> list[str]:
    asked = ListRequest(tab=filter, query=query)
    page = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=asked)
    return [entry.name for entry in page.rows]


def test_each_filter_shows_its_workers_and_the_oldest_arrears_first(
    session: Session, vault: Vault, agent: Agent
) -> None:
    member(session, vault, agent, "Budi", BEFORE, NOW)
    member(session, vault, agent, "Citra", NOW)
    member(session, vault, agent, "Dewi", LONG_AGO, BEFORE, NOW)
    paid_in(session, worker_of(session, vault, agent, "Andi", NEXT), NOW)
    member(session, vault, agent, "Eka")
    worker_of(session, vault, agent, "Fajar")
    worker_of(session, vault, agent, "Gita", NOW)
    worker_of(session, vault, agent, "Hadi", NOW, funding=Funding.APBD)
    worker_of(session, vault, make_agent(session), "Orang Lain", LONG_AGO)

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
    counts = {name: len(names) for name, names in shown.items()}
    assert portfolio.counts(session, agent_id=agent.id, vault=vault) == counts | {"ending": 0}


def test_an_entry_tells_what_is_open_and_what_bpjs_confirmed(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker = worker_of(session, vault, agent, "Budi", BEFORE, NOW)
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
    worker = worker_of(session, vault, agent, "Budi")
    collected = make_contribution(session, worker, NOW)
    collected.payment_id = make_payment(session, worker, [collected]).id
    session.flush()

    paid = ListRequest(tab="paid")
    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=paid).rows[0]

    assert entry.paid_until is None


def test_a_contribution_of_this_month_only_is_due_and_not_late(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker_of(session, vault, agent, "Budi", NOW)

    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault).rows[0]

    assert (entry.arrears_months, entry.due_idr) == (0, 16_800)


@pytest.mark.parametrize("chosen", ["all", "todo"])
def test_pages_follow_each_other_without_gaps_or_repetitions(
    session: Session, vault: Vault, agent: Agent, chosen: str
) -> None:
    for number in range(7):
        # Equal names, so that only the id tells them apart.
        worker_of(session, vault, agent, f"Siti {number // 3}", BEFORE if number % 2 else LONG_AGO)
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
    worker_of(session, vault, agent, "Siti Aminah", nik="6474015203800042", phone="+6281234567890")
    worker_of(session, vault, agent, "Budi", nik="6474011203800077", phone="+6281399990000")

    assert _names(session, vault, agent, query=query) == ["Siti Aminah"]


@pytest.mark.parametrize("query", ["081234567890", "0812-3456", "+62 812 3456", "7890"])
def test_a_worker_is_found_by_phone(
    session: Session, vault: Vault, agent: Agent, query: str
) -> None:
    worker_of(session, vault, agent, "Siti Aminah", nik="6474015203800042", phone="+6281234567890")
    worker_of(session, vault, agent, "Budi", nik="6474011203800077", phone="+6281399990000")

    assert _names(session, vault, agent, query=query) == ["Siti Aminah"]


def test_nobody_elses_worker_is_found(session: Session, vault: Vault, agent: Agent) -> None:
    worker_of(session, vault, make_agent(session), "Siti Aminah", nik="6474015203800042")

    assert _names(session, vault, agent, query="6474015203800042") == []
    assert _names(session, vault, agent, query="siti") == []


@pytest.mark.parametrize("query", ["%", "_", "\\", "'; --", "100%"])
def test_signs_with_a_meaning_in_sql_are_only_signs(
    session: Session, vault: Vault, agent: Agent, query: str
) -> None:
    worker_of(session, vault, agent, "Siti Aminah")

    assert _names(session, vault, agent, query=query) == []


def test_a_whole_list_that_was_never_paid_is_not_shown_as_paid(
    session: Session, vault: Vault, agent: Agent
) -> None:
    for number in range(3):
        worker_of(session, vault, agent, f"Daftar {number}", enrolled_from=LONG_AGO)

    counts = portfolio.counts(session, agent_id=agent.id, vault=vault)
    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault).rows[0]

    assert (counts["paid"], counts["first"], counts["todo"]) == (0, 3, 3)
    assert (entry.never_paid, entry.collectable, entry.due_idr) == (True, True, 0)
    assert entry.first_idr > 0


def test_nobody_whom_a_sponsor_pays_for_is_to_be_collected_from(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker_of(session, vault, agent, "Hadi", BEFORE, NOW, funding=Funding.APBD)

    asked = ListRequest(tab="all")
    entry = portfolio.portfolio(session, agent_id=agent.id, vault=vault, asked=asked).rows[0]

    assert _names(session, vault, agent, "todo") == []
    assert (entry.standing, entry.collectable) == (portfolio.Standing.SPONSORED, False)
