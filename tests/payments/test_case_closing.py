"""Reports after a person's decision, and reports that a person must judge."""

from __future__ import annotations

import pytest

from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.payments.models import CaseKind, Outcome, Payment, Resolution
from tests.payments.case_steps import decide, left, opened, remits
from tests.payments.world import PRICE, World

P = PaymentState


def decided(world: World, amount_idr: int, resolution: Resolution) -> Payment:
    """A payment of one month for which another amount came, and a person decided."""
    payment = world.ask()
    world.report(payment, P.SETTLED, amount_idr)
    decide(world, resolution)
    return payment


@pytest.mark.parametrize("resolution", [Resolution.TO_WORKER, Resolution.ACCEPT])
@pytest.mark.parametrize("refunded_idr", [PRICE, PRICE + 3_200])
def test_money_that_a_person_decided_on_and_that_went_back_is_undone(
    world: World, resolution: Resolution, refunded_idr: int
) -> None:
    payment = decided(world, PRICE + 3_200, resolution)

    outcomes = [world.report(payment, P.REFUNDED, refunded_idr) for _ in range(2)]

    assert outcomes == [Outcome.TO_CHECK, Outcome.NOTHING_NEW]
    assert opened(world).kind is CaseKind.CHANGED_AFTER_DECISION
    assert not remits(world)
    decide(world, Resolution.FOLLOW)
    assert left(world) == {}
    assert payment.state is (P.REFUNDED if resolution is Resolution.ACCEPT else P.FAILED)
    assert world.report(payment, P.REFUNDED, refunded_idr) is Outcome.NOTHING_NEW


def test_a_payment_whose_case_does_not_doubt_it_can_be_remitted(world: World) -> None:
    decided(world, PRICE + 3_200, Resolution.ACCEPT)

    assert remits(world)


def test_a_provider_that_corrects_itself_after_the_decision_is_not_booked_on_top(
    world: World,
) -> None:
    payment = decided(world, PRICE + 3_200, Resolution.TO_WORKER)

    outcome = world.report(payment, P.SETTLED)

    assert outcome is Outcome.TO_CHECK
    assert left(world) == {
        f"clearing:dict:{world.office_id}": PRICE + 3_200,
        "owed:worker": -PRICE - 3_200,
    }
    decide(world, Resolution.FOLLOW)
    assert payment.state is P.SETTLED
    assert left(world) == {
        f"clearing:dict:{world.office_id}": PRICE,
        f"owed:bpjs:{world.office_id}": -PRICE,
    }


@pytest.mark.parametrize("amount_idr", [PRICE, PRICE + 1_000, PRICE + 5_000])
def test_a_provider_that_corrects_what_was_too_much_changes_what_is_owed(
    world: World, amount_idr: int
) -> None:
    payment = decided(world, PRICE + 3_200, Resolution.ACCEPT)

    world.report(payment, P.SETTLED, amount_idr)
    decide(world, Resolution.FOLLOW)

    assert payment.state is P.SETTLED
    assert journal.balance(world.session, f"clearing:dict:{world.office_id}") == amount_idr
    assert -journal.balance(world.session, f"owed:worker:{world.worker.id}") == amount_idr - PRICE


def test_the_books_can_stay_as_they_were_decided(world: World) -> None:
    payment = decided(world, PRICE + 3_200, Resolution.TO_WORKER)
    before = left(world)
    world.report(payment, P.REFUNDED, PRICE + 3_200)

    decide(world, Resolution.NOTED)

    assert left(world) == before


def test_money_that_comes_after_all_is_the_workers(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.report(payment, P.FAILED)
    decide(world, Resolution.TAKEN_BACK)

    outcome = world.report(payment, P.SETTLED)

    assert outcome is Outcome.TO_CHECK
    assert left(world) == {}
    decide(world, Resolution.FOLLOW)
    assert payment.state is P.REFUNDED
    assert left(world) == {f"clearing:dict:{world.office_id}": PRICE, "owed:worker": -PRICE}
    world.report(payment, P.REFUNDED)
    decide(world, Resolution.FOLLOW)
    assert left(world) == {}


def test_late_news_of_money_after_a_refund_are_no_news(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.REFUNDED)

    assert world.report(payment, P.SETTLED) is Outcome.NOTHING_NEW


def test_a_refund_of_what_was_accepted_with_too_much_frees_all_of_it(world: World) -> None:
    payment = decided(world, PRICE + 3_200, Resolution.ACCEPT)
    world.report(payment, P.EXPIRED)

    decide(world, Resolution.TAKEN_BACK)

    assert payment.state is P.REFUNDED
    assert left(world) == {}
