"""Cases: a person decides each of them once, and the journal follows."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.errors import Conflict, Invalid, Refused
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import journal
from agentsys.payments.case_closing import close_case
from agentsys.payments.case_effects import RESOLUTIONS
from agentsys.payments.gateway_payouts import record_own_funds, record_payout
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, Resolution
from tests.payments.world import PRICE, World

P = PaymentState


def only_case(world: World) -> Case:
    """The only case."""
    return world.session.scalars(select(Case)).one()


def close(world: World, resolution: Resolution, note: str = "Sudah diperiksa") -> Case:
    """Close the only case."""
    return close_case(
        world.session,
        case_id=only_case(world).id,
        actor_id=world.finance.id,
        note=note,
        resolution=resolution,
    )


def left(world: World) -> dict[str, int]:
    """The accounts that are not at zero."""
    return {account: sum_ for account, sum_ in journal.balances(world.session).items() if sum_}


def test_every_kind_of_case_can_be_closed_somehow() -> None:
    assert RESOLUTIONS.keys() == set(CaseKind)
    assert all(RESOLUTIONS.values())


def test_another_amount_becomes_the_workers_and_the_payment_fails(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, 9_000)

    close(world, Resolution.TO_WORKER)

    assert payment.state is P.FAILED
    assert left(world) == {
        f"clearing:dict:{world.office_id}": 9_000,
        f"owed:worker:{world.worker.id}": -9_000,
    }


def test_too_much_money_can_be_accepted_and_the_rest_is_the_workers(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, PRICE + 200)

    close(world, Resolution.ACCEPT)

    assert payment.state is P.SETTLED
    assert payment.receipt is not None
    assert left(world) == {
        f"clearing:dict:{world.office_id}": PRICE + 200,
        f"owed:bpjs:{world.office_id}": -PRICE,
        f"owed:worker:{world.worker.id}": -200,
    }


def test_too_little_money_cannot_be_accepted(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, PRICE - 1)

    with pytest.raises(Refused, match="kurang dari tagihan"):
        close(world, Resolution.ACCEPT)

    assert payment.state is P.CREATED


def test_money_that_is_kept_aside_cannot_just_be_noted(world: World) -> None:
    world.report(world.ask(), P.SETTLED, 9_000)

    with pytest.raises(Refused, match="masih ditahan"):
        close(world, Resolution.NOTED)


def test_after_the_provider_corrected_itself_a_note_is_enough(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, 9_000)
    world.report(payment, P.SETTLED)

    with pytest.raises(Conflict):
        close(world, Resolution.TO_WORKER)
    case = close(world, Resolution.NOTED)

    assert (case.resolution, case.closed_by) == ("noted", world.finance.id)


def test_reports_after_the_decision_book_nothing_twice(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, 9_000)
    close(world, Resolution.TO_WORKER)
    before = left(world)

    for _ in range(2):
        world.report(payment, P.SETTLED, 9_000)

    assert left(world) == before


def test_a_reversal_that_is_true_undoes_the_payment(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.report(payment, P.FAILED)

    close(world, Resolution.TAKEN_BACK)

    assert payment.state is P.REFUNDED
    assert left(world) == {}


def test_nobody_takes_money_out_of_the_bank_by_closing_a_case(world: World) -> None:
    for payment in (world.ask(), world.ask()):
        world.report(payment, P.SETTLED)
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref="TRF-1",
        amount_idr=PRICE,
        actor_id=world.finance.id,
    )

    with pytest.raises(Invalid, match="tidak berlaku"):
        close(world, Resolution.REPAID)
    close(world, Resolution.NOTED)

    assert journal.balance(world.session, f"owed:worker:{world.worker.id}") == -PRICE
    assert journal.balance(world.session, f"bank:collection:{world.office_id}") == PRICE


def on_hand(world: World, amount_idr: int) -> None:
    """Put own money into the collection account."""
    record_own_funds(
        world.session,
        office_id=world.office_id,
        bank_ref="TRF-1",
        amount_idr=amount_idr,
        actor_id=world.finance.id,
    )


def paid_by_cash_and_wallet(world: World) -> Payment:
    """The wallet's payment of a month that cash had paid meanwhile."""
    payment = world.ask()
    world.collect(world.months[:1])
    world.report(payment, P.SETTLED)
    return payment


def test_what_the_provider_gave_back_is_not_repaid_from_the_bank_too(world: World) -> None:
    payment = paid_by_cash_and_wallet(world)
    on_hand(world, PRICE)

    world.report(payment, P.REFUNDED)

    with pytest.raises(Refused, match="tinggal Rp0"):
        world.repay(PRICE)
    close(world, Resolution.NOTED)
    assert journal.balance(world.session, f"owed:worker:{world.worker.id}") == 0
    assert journal.balance(world.session, f"bank:collection:{world.office_id}") == PRICE


def test_what_the_provider_gives_back_after_it_was_repaid_is_claimed_from_the_worker(
    world: World,
) -> None:
    payment = paid_by_cash_and_wallet(world)
    on_hand(world, PRICE)
    close(world, Resolution.NOTED)
    world.repay(PRICE)

    outcome = world.report(payment, P.REFUNDED)

    assert outcome is Outcome.TO_CHECK
    case = world.session.scalars(select(Case).where(Case.closed_at.is_(None))).one()
    assert (case.kind, case.facts) == (CaseKind.REFUNDED_AFTER_REPAID, {"repaid_idr": PRICE})
    assert journal.balance(world.session, f"owed:worker:{world.worker.id}") == 0
    assert journal.balance(world.session, f"claim:worker:{world.worker.id}") == PRICE


def test_of_two_payments_too_many_only_what_is_still_owed_is_repaid(world: World) -> None:
    payments = [world.ask() for _ in range(3)]
    for payment in payments:
        world.report(payment, P.SETTLED)
    on_hand(world, 2 * PRICE)

    world.repay(PRICE)
    world.report(payments[1], P.REFUNDED)
    with pytest.raises(Refused, match="tinggal Rp0"):
        world.repay(PRICE)

    assert journal.balance(world.session, f"bank:collection:{world.office_id}") == PRICE


def test_a_report_that_differs_opens_another_case(world: World) -> None:
    def open_cases_after(state: PaymentState) -> int:
        report = PaymentReport(reference="AG-NOBODY", state=state, amount_idr=5_000)
        apply_report(world.session, report=report, by="test")
        return len(world.session.scalars(select(Case).where(Case.closed_at.is_(None))).all())

    assert open_cases_after(P.PENDING) == 1
    close(world, Resolution.NOTED)

    assert [open_cases_after(state) for state in (P.PENDING, P.SETTLED, P.SETTLED)] == [0, 1, 1]


def test_closing_needs_a_note_and_a_resolution_that_fits(world: World) -> None:
    world.report(world.ask(), P.SETTLED, 9_000)

    with pytest.raises(Invalid, match="catatan"):
        close(world, Resolution.TO_WORKER, note=" ")
    with pytest.raises(Invalid, match="tidak berlaku"):
        close(world, Resolution.REPAID)


def test_a_payout_moves_the_money_to_the_bank_less_the_fee(world: World) -> None:
    world.report(world.ask(2), P.SETTLED)

    payout = record_payout(
        world.session,
        provider="dict",
        bank_ref="MCM 0001",
        amount_idr=2 * PRICE,
        fee_idr=235,
        actor_id=world.finance.id,
    )

    assert payout.amount_idr == 2 * PRICE
    assert left(world) == {
        f"bank:collection:{world.office_id}": 2 * PRICE - 235,
        f"expense:gateway_fee:{world.office_id}": 235,
        f"owed:bpjs:{world.office_id}": -2 * PRICE,
    }


def test_a_payout_is_recorded_once_and_never_with_another_amount(world: World) -> None:
    world.report(world.ask(2), P.SETTLED)
    given = {"provider": "dict", "bank_ref": "MCM 0001", "actor_id": world.finance.id}

    first = record_payout(world.session, amount_idr=PRICE, fee_idr=0, **given)
    again = record_payout(world.session, amount_idr=PRICE, fee_idr=0, **given)

    assert again is first
    assert journal.balance(world.session, f"bank:collection:{world.office_id}") == PRICE
    with pytest.raises(Conflict):
        record_payout(world.session, amount_idr=PRICE, fee_idr=1, **given)


@pytest.mark.parametrize(
    ("amount", "fee"), [(PRICE + 1, 0), (0, 0), (PRICE, PRICE), (-1, 0), (5, -1)]
)
def test_a_payout_that_cannot_be_is_refused(world: World, amount: int, fee: int) -> None:
    world.report(world.ask(), P.SETTLED)

    with pytest.raises(Refused):
        record_payout(
            world.session,
            provider="dict",
            bank_ref="MCM 0002",
            amount_idr=amount,
            fee_idr=fee,
            actor_id=world.finance.id,
        )

    assert journal.balance(world.session, f"bank:collection:{world.office_id}") == 0
