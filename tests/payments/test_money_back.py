"""Money that went back, in part or whole, and what a person decides."""

from __future__ import annotations

import pytest

from agentsys.errors import Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.payments.case_closing import close_case
from agentsys.payments.gateway_payouts import record_own_funds
from agentsys.payments.models import Case, CaseKind, Outcome, Resolution
from tests.payments.case_steps import decide, left, opened, remits
from tests.payments.world import PRICE, World

P = PaymentState

PARTLY = "Sebagian uang kembali."


def test_a_part_that_went_back_holds_the_rest_until_a_person_decides(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)

    outcomes = [world.report(payment, P.SETTLED, 6_800, PARTLY) for _ in range(2)]

    assert outcomes == [Outcome.TO_CHECK, Outcome.NOTHING_NEW]
    assert (opened(world).kind, opened(world).facts) == (
        CaseKind.UNCLEAR,
        {"said": PARTLY, "holds_idr": 6_800},
    )
    assert left(world) == {
        f"clearing:dict:{world.office_id}": PRICE,
        f"owed:bpjs:{world.office_id}": -PRICE,
    }
    assert not remits(world)
    decide(world, Resolution.NOTED)
    assert remits(world)


@pytest.mark.parametrize("reported_before", [P.PENDING, P.EXPIRED, P.SETTLED])
def test_what_is_left_after_a_part_went_back_is_the_workers(
    world: World, reported_before: PaymentState
) -> None:
    payment = world.ask()
    world.report(payment, reported_before)
    world.report(payment, P.SETTLED, 6_800, PARTLY)

    decide(world, Resolution.FOLLOW)

    assert payment.state is (P.REFUNDED if reported_before is P.SETTLED else P.FAILED)
    assert left(world) == {f"clearing:dict:{world.office_id}": 6_800, "owed:worker": -6_800}
    world.report(payment, P.REFUNDED)
    decide(world, Resolution.FOLLOW)
    assert left(world) == {}


@pytest.mark.parametrize("resolution", [Resolution.FOLLOW, Resolution.TAKEN_BACK])
def test_a_chargeback_undoes_the_payment(world: World, resolution: Resolution) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.report(payment, P.SETTLED, 0, "Uangnya ditarik.")

    decide(world, resolution)

    assert payment.state is P.REFUNDED
    assert left(world) == {}


def test_suspected_money_that_a_person_believes_in_pays_the_months(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, PRICE, "Penyedia curiga.")
    assert payment.state is P.CREATED

    decide(world, Resolution.FOLLOW)

    assert payment.state is P.SETTLED
    assert left(world) == {
        f"clearing:dict:{world.office_id}": PRICE,
        f"owed:bpjs:{world.office_id}": -PRICE,
    }


def test_what_had_been_repaid_before_it_went_back_is_claimed(world: World) -> None:
    payment = world.ask()
    world.collect(world.months[:1])
    world.report(payment, P.SETTLED)
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref="TRF-1",
        amount_idr=PRICE,
        actor_id=world.finance.id,
    )
    decide(world, Resolution.NOTED)
    world.repay(PRICE)
    world.report(payment, P.SETTLED, 0, "Uangnya ditarik.")

    decide(world, Resolution.FOLLOW)

    assert opened(world).kind is CaseKind.REFUNDED_AFTER_REPAID
    assert journal.balance(world.session, f"claim:worker:{world.worker.id}") == PRICE


@pytest.mark.parametrize("kept", [True, False])
def test_another_amount_that_went_back_undecided_ends_the_payment(world: World, kept: bool) -> None:
    payment = world.ask()
    world.report(payment, P.PENDING)
    if kept:
        world.report(payment, P.SETTLED, 9_000)

    world.report(payment, P.REFUNDED, 9_000)

    assert payment.state is P.FAILED
    assert "dikembalikan penyedia" in payment.reason
    assert left(world) == {}


def test_a_refund_of_another_amount_than_was_paid_is_for_a_person(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)

    world.report(payment, P.REFUNDED, 9_000)

    assert opened(world).kind is CaseKind.REVERSED
    assert not remits(world)


def test_only_the_last_word_of_the_provider_is_followed(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.report(payment, P.SETTLED, 10_000, PARTLY)
    first = opened(world)
    world.report(payment, P.SETTLED, 6_800, PARTLY)

    def follow(case: Case, resolution: Resolution) -> None:
        close_case(
            world.session,
            case_id=case.id,
            actor_id=world.finance.id,
            note="Sudah diperiksa",
            resolution=resolution,
        )

    with pytest.raises(Refused, match="lebih baru"):
        follow(first, Resolution.FOLLOW)
    follow(first, Resolution.NOTED)
    follow(opened(world), Resolution.FOLLOW)

    assert left(world) == {f"clearing:dict:{world.office_id}": 6_800, "owed:worker": -6_800}


def test_a_reversal_that_was_noted_is_told_anew_when_it_differs(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.report(payment, P.FAILED)
    decide(world, Resolution.NOTED)

    outcomes = [world.report(payment, state) for state in (P.FAILED, P.EXPIRED)]

    assert outcomes == [Outcome.NOTHING_NEW, Outcome.TO_CHECK]
    assert not remits(world)
