"""A third of the demo city's self-payers pay by auto-debit, with a history."""

from __future__ import annotations

from agentsys import clock
from agentsys.demo import city
from agentsys.extension.contract import Decline, MandateState
from agentsys.payments.mandates import debit_queries, queries
from tests.demo.conftest import Seeded


def test_a_third_of_those_who_pay_for_themselves_agreed_to_auto_debit(town: Seeded) -> None:
    [(paying,)] = town.rows("SELECT count(DISTINCT worker_id) FROM enrolments WHERE funding='self'")
    [(agreed,)] = town.rows("SELECT count(DISTINCT worker_id) FROM mandate_workers")

    assert paying // 3 - 3 <= agreed <= paying // 3 + 1


def test_mandates_are_in_every_state_that_the_history_can_have(town: Seeded) -> None:
    assert town.words("SELECT DISTINCT state FROM mandates") == set(MandateState)
    ends = town.words("SELECT DISTINCT end_reason FROM mandates WHERE end_reason IS NOT NULL")
    assert {"revoked_by_payer", "revoked_by_us", "expired", "not_given"} <= ends
    paused = "SELECT 1 FROM mandates WHERE paused_until > :today"
    assert town.rows(paused, today=clock.now().date())
    wrong = (
        "SELECT 1 FROM mandates m WHERE state <> coalesce((SELECT to_state FROM mandate_moves v"
        " WHERE v.mandate_id = m.id ORDER BY v.id DESC LIMIT 1), '')"
    )
    assert town.rows(wrong) == []


def test_debits_were_collected_recovered_given_up_and_one_is_unknown(town: Seeded) -> None:
    assert {"collected", "given_up", "calling"} <= town.words("SELECT DISTINCT state FROM debits")
    assert town.rows("SELECT 1 FROM debit_tries WHERE decline = 'funds'")
    assert town.rows("SELECT 1 FROM debits WHERE state = 'collected' AND tries = 2")
    declines = town.words("SELECT DISTINCT decline FROM debits WHERE state = 'given_up'")
    assert {Decline.FUNDS, Decline.NEEDS_PAYER, Decline.ENDED} <= declines
    asked = town.rows(
        "SELECT p.state FROM debits d JOIN payments p ON p.id = d.payment_id"
        " JOIN provider_requests r ON r.payment_id = p.id WHERE d.state = 'calling'"
    )
    assert set(asked) == {("created",)}


def test_every_debit_has_its_run_and_finance_sees_what_was_recovered(town: Seeded) -> None:
    lists = town.rows(
        "SELECT planned, charged + refused + skipped + unknown, recovered FROM debit_runs"
    )

    assert all(planned == counted for planned, counted, _ in lists)
    assert sum(recovered for *_, recovered in lists) > 0
    assert town.rows("SELECT 1 FROM debits WHERE tries > 0 AND run_id IS NULL") == []


def test_every_figure_that_must_be_zero_is_zero(town: Seeded) -> None:
    found = queries.figures(town.session)

    assert (found.without_notice, found.paid_twice) == (0, 0)
    assert set(debit_queries.faults(town.session).values()) == {0}


def test_what_was_debited_is_receipted_and_pays_its_months(town: Seeded) -> None:
    settled = "FROM payments p WHERE p.mandate_id IS NOT NULL AND p.state = 'settled'"
    receipt = "SELECT FROM receipts r WHERE r.payment_id = p.id"
    paid = "SELECT FROM contributions c WHERE c.payment_id = p.id"

    assert town.rows(f"SELECT 1 {settled} LIMIT 1")
    assert town.rows(f"SELECT 1 {settled} AND NOT EXISTS ({receipt})") == []
    assert town.rows(f"SELECT 1 {settled} AND NOT EXISTS ({paid})") == []
    events = "SELECT count(*) FROM audit_events WHERE action = 'mandate.asked'"
    assert town.rows(events) == town.rows("SELECT count(*) FROM mandates")


def test_the_simulator_is_told_every_account_as_the_provider_has_it(town: Seeded) -> None:
    found = {
        account["account_id"]: account for account in city.accounts(town.session, vault=town.vault)
    }

    known = town.rows("SELECT handle, state FROM mandates WHERE handle <> ''")
    assert set(found) == {handle for handle, _ in known}
    said = {"pending": {"PENDING"}, "ended": {"DISABLED", "EXPIRED"}}
    for handle, state in known:
        assert found[handle]["status"] in said.get(state, {"ENABLED"})
        assert found[handle]["blocked"] or state != "suspended"
        assert found[handle]["phone"].isdigit()
