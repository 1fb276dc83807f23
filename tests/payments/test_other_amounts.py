"""Reports of another amount than was asked for."""

from __future__ import annotations

import itertools

import pytest

from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.payments.models import CaseKind, Outcome
from tests.payments.paid_months import cases, paid_months
from tests.payments.world import PRICE, World

P = PaymentState


def test_another_amount_is_kept_aside_and_pays_nothing(world: World) -> None:
    payment = world.ask()

    outcome = world.report(payment, P.SETTLED, PRICE - 800)

    assert outcome is Outcome.TO_CHECK
    assert payment.state is P.CREATED
    assert payment.next_check_at is None
    assert paid_months(world, payment) == []
    assert journal.balances(world.session) == {
        f"clearing:dict:{world.office_id}": PRICE - 800,
        f"suspense:{world.office_id}": -(PRICE - 800),
    }
    assert cases(world) == {CaseKind.OTHER_AMOUNT}


def test_a_second_other_amount_opens_a_case_but_is_not_booked(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, 1_000)

    outcomes = [world.report(payment, P.SETTLED, amount) for amount in (2_000, 2_000, 1_000)]

    assert outcomes == [Outcome.TO_CHECK, Outcome.NOTHING_NEW, Outcome.NOTHING_NEW]
    assert journal.balance(world.session, f"suspense:{world.office_id}") == -1_000


@pytest.mark.parametrize("order", list(itertools.permutations([PRICE, 9_000])))
def test_the_right_amount_settles_before_or_after_another_one(
    world: World, order: tuple[int, int]
) -> None:
    payment = world.ask()

    for amount in order:
        world.report(payment, P.SETTLED, amount)

    assert payment.state is P.SETTLED
    assert {k: v for k, v in journal.balances(world.session).items() if v} == {
        f"clearing:dict:{world.office_id}": PRICE,
        f"owed:bpjs:{world.office_id}": -PRICE,
    }
    assert cases(world) == {CaseKind.OTHER_AMOUNT}


def test_another_amount_that_goes_back_leaves_nothing_aside(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, 9_000)

    world.report(payment, P.REFUNDED, 9_000)

    assert not any(journal.balances(world.session).values())
