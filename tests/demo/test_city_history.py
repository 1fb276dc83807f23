"""The demo city has every state and every kind of case, and passes the audit."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import tariff
from agentsys.contributions.coverage import Cover, coverages
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.demo.city import remitting
from agentsys.ledger import invariants
from agentsys.listing.request import ListRequest
from agentsys.payments import portfolio
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.models import CaseKind, Outcome
from agentsys.remittances.models import RemittanceState
from agentsys.workers import identity, nik
from agentsys.workers.models import Funding, RosterStatus, Worker
from tests.demo.conftest import Seeded
from tests.factories import nik_of


def test_payouts_are_less_the_fee_of_each_channel_also_of_auto_debit(town: Seeded) -> None:
    until = (
        "SELECT max(recorded_at) FROM gateway_payouts"
        " WHERE provider = 'midtrans' AND recorded_at < now() - interval '45 days'"
    )
    [(kept,)] = town.rows(
        "SELECT sum(fee_idr) FROM gateway_payouts"
        f" WHERE provider = 'midtrans' AND recorded_at <= ({until})"
    )
    paid = town.rows(
        "SELECT channel, amount_idr FROM payments WHERE state IN ('settled', 'refunded')"
        f" AND clearing = 'midtrans' AND settled_at <= ({until})"
    )

    assert "gopay_debit" in {channel for channel, _ in paid}
    assert kept == sum(remitting.fee_of(channel, amount) for channel, amount in paid)


def test_the_books_balance_and_the_trail_is_whole(town: Seeded) -> None:
    assert invariants.check(town.session) == []
    assert trail.broken_links(town.session) == []


def test_contributions_are_in_every_state_and_priced_by_the_tariff(town: Seeded) -> None:
    assert town.words("SELECT DISTINCT state FROM contributions") == set(ContributionState)
    rows = town.session.execute(
        select(Contribution, Worker.income_idr).join(Worker, Worker.id == Contribution.worker_id)
    ).all()
    wrong = [
        found
        for found, income_idr in rows
        if found.amount_idr
        != tariff.price(
            month=found.month,
            income_idr=0 if found.bill_id else income_idr,
            programmes=found.programmes,
            sector=found.sector,
            funding=found.funding,
        ).amount_idr
    ]
    # A month that was closed for another payer is billed to the other one.
    [(months,)] = town.rows(
        "SELECT count(*) FROM (SELECT worker_id, month FROM contributions"
        " UNION SELECT worker_id, month FROM closed_contributions) AS months"
    )
    assert months == town.world.contributions
    assert wrong == []


CITYS = "SELECT g.id FROM agreements g JOIN sponsors s ON s.id = g.sponsor_id WHERE s.kind = 'city'"


def test_sponsored_workers_are_billed_to_the_city_and_never_to_an_agent(town: Seeded) -> None:
    rows = town.rows("SELECT funding, agent_id IS NULL, count(*) FROM contributions GROUP BY 1, 2")

    assert {(funding, alone) for funding, alone, _ in rows if funding != Funding.CSR} == {
        (Funding.APBD, True),
        (Funding.SELF, False),
    }


def test_the_city_paid_each_bill_but_this_months_by_one_transfer(town: Seeded) -> None:
    bills = town.rows(
        "SELECT month, state, people, amount_idr, paid_idr FROM bills"
        f" WHERE agreement_id IN ({CITYS}) ORDER BY month"
    )
    transfers = town.rows(
        "SELECT b.month, p.custody, p.amount_idr FROM payments p"
        f" JOIN bills b ON b.id = p.for_bill_id WHERE b.agreement_id IN ({CITYS}) ORDER BY b.month"
    )
    months = [month for month, *_ in bills]

    assert [state for _, state, *_ in bills] == ["paid"] * (len(bills) - 1) + ["sent"]
    assert transfers == [(month, "bank", paid) for month, _, _, _, paid in bills[:-1]]
    assert len(set(months)) == len(months) == town.world.months


def test_a_companys_bill_has_a_virtual_account_that_the_first_job_opens(town: Seeded) -> None:
    [(state, amount, bill_state, unpaid, action)] = town.rows(
        "SELECT p.state, p.amount_idr, b.state, (SELECT sum(c.amount_idr) FROM contributions c"
        " WHERE c.bill_id = b.id AND c.payment_id IS NULL), r.action FROM payments p"
        " JOIN bills b ON b.id = p.for_bill_id JOIN provider_requests r ON r.payment_id = p.id"
        " WHERE p.channel = 'bri_va'"
    )

    assert (state, bill_state, action) == ("created", "sent", "start")
    assert amount == unpaid > 0


def test_every_kind_of_case_is_open_and_two_were_closed(town: Seeded) -> None:
    assert town.words("SELECT kind FROM cases WHERE closed_at IS NULL") == set(CaseKind)
    closed = town.words("SELECT resolution FROM cases WHERE closed_at IS NOT NULL")
    assert closed == {"to_worker", "noted"}
    offices = "SELECT DISTINCT p.office_id FROM cases c JOIN payments p ON p.id = c.payment_id"
    assert town.words(offices) == {1}  # so that one person can work on all of them


def test_money_of_another_amount_is_in_suspense(town: Seeded) -> None:
    [(aside,)] = town.rows("SELECT sum(aside_idr) FROM payments")
    [(booked,)] = town.rows("SELECT -sum(amount_idr) FROM postings WHERE account LIKE 'suspense:%'")

    assert aside == booked > 0


def test_callbacks_had_every_outcome_and_one_waits_for_its_plugin(town: Seeded) -> None:
    assert town.words("SELECT outcome FROM callbacks WHERE outcome IS NOT NULL") == set(Outcome)
    waiting = town.rows("SELECT channel, note FROM callbacks WHERE outcome IS NULL")
    assert waiting == [("linkaja", "kanal linkaja tidak terpasang")]


def test_one_agent_holds_more_cash_than_allowed(town: Seeded) -> None:
    over = town.rows(
        "SELECT a.code FROM agents a JOIN postings p ON p.account = 'cash:agent:' || a.id"
        " GROUP BY a.id HAVING sum(p.amount_idr) > a.cash_ceiling_idr"
    )
    assert over == [("AG-003",)]


def test_deposits_and_batches_are_in_every_state(town: Seeded) -> None:
    assert town.words("SELECT DISTINCT state FROM deposits") == set(DepositState)
    assert town.words("SELECT DISTINCT state FROM remittances") == set(RemittanceState)


def test_a_wallet_payment_waits_and_some_of_a_former_wallet_have_failed(town: Seeded) -> None:
    pending = town.rows(
        "SELECT w.name, p.next_check_at IS NOT NULL FROM payments p JOIN workers w"
        " ON w.id = p.worker_id WHERE p.state = 'pending' AND p.aside_idr = 0"
    )

    assert pending == [("Aisyah Amin", True)]
    assert town.words("SELECT DISTINCT state FROM payments WHERE channel = 'linkaja'") == {"failed"}


def test_past_commissions_are_approved_and_the_newest_wait(town: Seeded) -> None:
    newest = date.fromisoformat(str(town.rows("SELECT max(month) FROM statements")[0][0]))

    past = town.rows("SELECT DISTINCT state FROM statements WHERE month < :newest", newest=newest)
    now = town.rows(
        "SELECT DISTINCT state FROM statements WHERE month = :newest ORDER BY 1", newest=newest
    )

    assert past == [("approved",)]
    assert now == [("returned",), ("submitted",)]


def test_saris_first_page_shows_every_state(town: Seeded) -> None:
    [(sari,)] = town.rows("SELECT id FROM agents WHERE code = 'AG-001'")

    todo = portfolio.portfolio(town.session, agent_id=sari, vault=town.vault).rows
    asked = ListRequest(tab="paid")
    paid = portfolio.portfolio(town.session, agent_id=sari, vault=town.vault, asked=asked).rows
    counts = portfolio.counts(town.session, agent_id=sari, vault=town.vault)

    assert counts["all"] == 40
    assert {0, 1, 2, 3, 4} <= {entry.arrears_months for entry in todo}
    assert [entry.name for entry in todo if entry.waiting_id] == ["Aisyah Amin"]
    this_month = clock.this_month()
    names = {entry.name: entry.paid_until for entry in paid}
    assert names["Ahmad Bakri"] is not None
    assert names["Ahmad Bakri"] >= this_month
    assert names["Agus Jamal"] is not None
    assert names["Agus Jamal"] < this_month


def test_covers_of_every_kind_are_there(town: Seeded) -> None:
    ids = [row[0] for row in town.rows("SELECT id FROM workers")]

    found = {cover.state for cover in coverages(town.session, worker_ids=ids).values()}

    assert found == set(Cover)


def test_arrears_go_from_one_month_to_four(town: Seeded) -> None:
    rows = town.rows(
        "SELECT DISTINCT count(*) FROM contributions WHERE payment_id IS NULL AND month < :now"
        " AND funding = 'self' GROUP BY worker_id",
        now=clock.this_month(),
    )
    assert {1, 2, 3, 4} <= {count for (count,) in rows}


def test_nobody_has_a_future_but_the_months_paid_in_advance(town: Seeded) -> None:
    moments = {
        "payments": ("created_at", "settled_at"),
        "contributions": ("billed_at", "confirmed_at"),
        "deposits": ("declared_at", "decided_at"),
        "remittances": ("created_at", "confirmed_at"),
        "gateway_payouts": ("recorded_at",),
        "workers": ("created_at",),
        "entries": ("at",),
        "payment_moves": ("at",),
        "billing_runs": ("started_at", "finished_at"),
        "callbacks": ("received_at", "processed_at"),
        "cases": ("opened_at",),
        "statements": ("computed_at", "decided_at"),
    }
    late = {
        f"{table}.{column}"
        for table, columns in moments.items()
        for column in columns
        if town.rows(f"SELECT 1 FROM {table} WHERE {column} > :now LIMIT 1", now=clock.now())
    }

    assert late == set()
    ahead = town.rows(
        "SELECT payment_id FROM contributions WHERE month > :now", now=clock.this_month()
    )
    assert ahead
    assert (None,) not in ahead


def test_the_other_office_is_another_world(town: Seeded) -> None:
    zones = town.rows("SELECT code, zone FROM offices ORDER BY code")

    assert zones == [("KOTA", "Asia/Makassar"), ("MUARA", "Asia/Jakarta")]
    assert town.rows("SELECT count(*) > 0 FROM workers WHERE office_id = 2") == [(True,)]
    for table in ("workers", "contributions", "payments", "deposits", "statements"):
        strange = town.rows(
            f"SELECT 1 FROM {table} t JOIN agents a ON a.id = t.agent_id"
            " WHERE t.office_id <> a.office_id LIMIT 1"
        )
        assert strange == [], table


def test_every_nik_is_possible_and_agrees_with_its_worker(town: Seeded) -> None:
    workers = town.session.scalars(select(Worker)).all()

    for worker in workers:
        found = nik.parse(nik_of(town.vault, worker), born=worker.birth_date)
        assert identity.differences(found, birth_date=worker.birth_date, sex=worker.sex) == []
    assert len(workers) == town.world.workers


def test_rosters_account_for_the_sponsored_workers(town: Seeded) -> None:
    [(imported,)] = town.rows("SELECT sum(created) FROM rosters")
    [(sponsored,)] = town.rows("SELECT count(*) FROM workers WHERE roster_id IS NOT NULL")

    assert imported == sponsored > 0
    assert town.words("SELECT DISTINCT status FROM rosters") == {
        RosterStatus.DONE,
        RosterStatus.FAILED,
        RosterStatus.MAPPING,
        RosterStatus.PROPOSED,
    }
    uncounted = town.rows(
        "SELECT r.id FROM rosters r LEFT JOIN roster_notes n ON n.roster_id = r.id AND n.rejected"
        " GROUP BY r.id HAVING count(n.*) <> r.rejected"
    )
    assert uncounted == []


def test_a_supervisor_finds_signals_to_look_at(town: Seeded) -> None:
    shared = town.rows(
        "SELECT count(*) FROM workers WHERE phone <> '' AND agent_id = 2 GROUP BY phone"
        " HAVING count(*) >= 5"
    )
    assert shared


def test_some_deposits_were_paid_to_a_bank_and_their_money_is_in_the_books(town: Seeded) -> None:
    by_bank = (
        "SELECT d.channel FROM deposits d JOIN payments p ON p.for_deposit_id = d.id"
        " JOIN entries e ON e.source = p.reference AND e.kind = 'payment.settled'"
        " JOIN postings l ON l.entry_id = e.id AND l.account LIKE 'clearing:midtrans:%'"
        " WHERE d.state = 'confirmed' AND d.decided_by IS NULL AND l.amount_idr = d.amount_idr"
    )
    assert town.words(by_bank) <= {"bca_va", "bri_va"}
    assert len(town.words(by_bank)) >= 1
    paid_out = (
        "SELECT DISTINCT d.channel FROM contributions c JOIN payments p ON p.id = c.payment_id"
        " JOIN deposits d ON d.id = p.deposit_id WHERE c.confirmed_at IS NOT NULL"
    )
    assert town.words(paid_out) & {"bca_va", "bri_va"}
