"""`apply_report`: the journal agrees with any reports in any order."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import select

from agentsys.contributions.models import Contribution
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import journal
from agentsys.payments.lifecycle import PAYMENT_TRANSITIONS, apply_report
from agentsys.payments.models import Case, CaseKind, Outcome, PaymentMove
from tests.payments.paid_months import cases, paid_months
from tests.payments.world import PRICE, World

P = PaymentState

REPORTED = [P.PENDING, P.EXPIRED, P.FAILED, P.SETTLED, P.REFUNDED]


def test_a_settlement_pays_the_months_posts_the_money_and_issues_a_receipt(world: World) -> None:
    payment = world.ask(2)

    outcome = world.report(payment, P.SETTLED)

    assert outcome is Outcome.MOVED
    assert payment.state is P.SETTLED
    assert paid_months(world, payment) == world.months[:2]
    assert journal.balances(world.session) == {
        f"clearing:dict:{world.office_id}": 2 * PRICE,
        f"owed:bpjs:{world.office_id}": -2 * PRICE,
    }
    assert payment.receipt is not None
    assert payment.receipt.number.startswith("KW-20")
    assert payment.next_check_at is None


def test_the_same_report_twice_moves_nothing_the_second_time(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)

    outcome = world.report(payment, P.SETTLED)

    assert outcome is Outcome.NOTHING_NEW
    assert journal.balance(world.session, f"clearing:dict:{world.office_id}") == PRICE


@pytest.mark.parametrize(
    "reported",
    [reported for size in range(1, 6) for reported in itertools.combinations(REPORTED, size)],
    ids="-".join,
)
def test_any_order_of_reports_each_received_twice_ends_in_the_same_state_and_books(
    world: World, reported: tuple[PaymentState, ...]
) -> None:
    endings = set()

    for order in itertools.permutations(reported):
        savepoint = world.session.begin_nested()
        payment = world.ask(2)
        for state in order:
            world.report(payment, state)
            world.report(payment, state)
        books = tuple(sorted(journal.balances(world.session).items()))
        endings.add((payment.state, books, tuple(paid_months(world, payment))))
        savepoint.rollback()

    assert len(endings) == 1
    assert endings.pop()[0] is reported[-1]  # the lowest of them in the table


@pytest.mark.parametrize("state", list(P))
def test_no_state_can_be_entered_twice(state: PaymentState) -> None:
    seen, waiting = set(), set(PAYMENT_TRANSITIONS[state])
    while waiting:
        seen |= waiting
        waiting = {after for found in waiting for after in PAYMENT_TRANSITIONS[found]} - seen

    assert state not in seen


def test_every_state_can_be_reached() -> None:
    assert PAYMENT_TRANSITIONS.keys() == set(P)
    assert set().union(*PAYMENT_TRANSITIONS.values()) == set(P) - {P.CREATED}


def test_money_wins_over_every_state_but_a_refund() -> None:
    assert {state for state in P if P.SETTLED in PAYMENT_TRANSITIONS[state]} == {
        P.CREATED,
        P.PENDING,
        P.EXPIRED,
        P.FAILED,
    }


@pytest.mark.parametrize("given_up", [P.EXPIRED, P.FAILED])
def test_money_that_comes_late_is_booked_and_opens_a_case(
    world: World, given_up: PaymentState
) -> None:
    payment = world.ask()
    world.report(payment, given_up)

    outcome = world.report(payment, P.SETTLED)

    assert outcome is Outcome.TO_CHECK
    assert payment.state is P.SETTLED
    assert paid_months(world, payment) == world.months[:1]
    assert cases(world) == {CaseKind.PAID_LATE}


@pytest.mark.parametrize("failing", [P.EXPIRED, P.FAILED])
def test_settled_money_that_is_said_to_be_gone_is_for_a_person(
    world: World, failing: PaymentState
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)

    first, second = world.report(payment, failing), world.report(payment, failing)

    assert (first, second) == (Outcome.TO_CHECK, Outcome.NOTHING_NEW)
    assert payment.state is P.SETTLED
    assert journal.balance(world.session, f"clearing:dict:{world.office_id}") == PRICE
    assert cases(world) == {CaseKind.REVERSED}


def test_a_pending_report_moves_whatever_amount_it_names(world: World) -> None:
    payment = world.ask()

    outcome = world.report(payment, P.PENDING, 1)

    assert outcome is Outcome.MOVED
    assert cases(world) == set()


def test_a_month_that_is_paid_twice_is_owed_to_the_worker(world: World) -> None:
    wallet, again = world.ask(1), world.ask(2)
    world.report(wallet, P.SETTLED)

    outcome = world.report(again, P.SETTLED)

    assert outcome is Outcome.TO_CHECK
    assert cases(world) == {CaseKind.PAID_TWICE}
    assert paid_months(world, again) == world.months[1:2]
    assert journal.balances(world.session) == {
        f"clearing:dict:{world.office_id}": 3 * PRICE,
        f"owed:bpjs:{world.office_id}": -2 * PRICE,
        f"owed:worker:{world.worker.id}": -PRICE,
    }


def test_a_month_whose_price_changed_since_it_was_asked_for_is_not_paid(world: World) -> None:
    payment = world.ask(2)
    dearer = world.session.get_one(Contribution, (world.worker.id, world.months[0]))
    dearer.jkk_idr += 1_000
    world.session.flush()

    outcome = world.report(payment, P.SETTLED)

    assert outcome is Outcome.TO_CHECK
    assert paid_months(world, payment) == world.months[1:2]
    assert journal.balance(world.session, f"owed:worker:{world.worker.id}") == -PRICE


def test_a_refund_frees_the_months_and_reverses_every_line(world: World) -> None:
    wallet, again = world.ask(1), world.ask(2)
    world.report(wallet, P.SETTLED)
    world.report(again, P.SETTLED)

    world.report(again, P.REFUNDED)
    world.report(wallet, P.REFUNDED)

    assert not any(journal.balances(world.session).values())
    assert paid_months(world, again) == paid_months(world, wallet) == []


def test_a_reference_that_nobody_asked_for_opens_a_case(world: World) -> None:
    report = PaymentReport(reference="AG-NOBODY", state=P.SETTLED, amount_idr=5_000)

    outcomes = [apply_report(world.session, report=report, by="test") for _ in range(2)]

    assert outcomes == [Outcome.UNKNOWN, Outcome.UNKNOWN]
    assert list(world.session.scalars(select(Case.kind))) == [CaseKind.UNKNOWN_ORDER]
    assert journal.balances(world.session) == {}


def test_every_move_is_kept_with_who_made_it_and_what_was_said(world: World) -> None:
    payment = world.ask()
    report = PaymentReport(
        reference=payment.reference,
        state=P.PENDING,
        amount_idr=PRICE,
        provider_ref="T-1",
        raw={"odd\0": "\ud800", "path": "C:\\u0000"},
    )

    apply_report(world.session, report=report, by="callback")
    world.report(payment, P.SETTLED)

    moves = world.session.scalars(select(PaymentMove).order_by(PaymentMove.at)).all()
    assert [(move.from_state, move.to_state, move.by) for move in moves] == [
        (None, P.CREATED, f"user:{world.agent.user_id}"),
        (P.CREATED, P.PENDING, "callback"),
        (P.PENDING, P.SETTLED, "test"),
    ]
    assert moves[1].report["provider_ref"] == "T-1"
    assert moves[1].report["raw"] == {"odd": "?", "path": "C:\\u0000"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"provider_ref": "T-\ud800\0"}, "T-?"),
        ({"provider_ref": "T-1", "raw": {"rate": float("nan")}}, "T-1"),
        ({"provider_ref": "T-1", "raw": {"rate": float("-inf")}}, "T-1"),
    ],
)
def test_whatever_a_provider_says_beside_it_its_money_is_booked(
    world: World, said: dict[str, Any], kept: str
) -> None:
    payment = world.ask()
    report = PaymentReport(reference=payment.reference, state=P.SETTLED, amount_idr=PRICE, **said)

    assert apply_report(world.session, report=report, by="callback") is Outcome.MOVED
    assert payment.provider_ref == kept


def test_a_link_that_comes_after_the_first_answer_is_kept(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.PENDING)
    report = PaymentReport(
        reference=payment.reference,
        state=P.PENDING,
        amount_idr=PRICE,
        pay_url="https://pay.example",
    )

    apply_report(world.session, report=report, by="sweep")

    assert payment.pay_url == "https://pay.example"
