"""Reports that are applied many together leave the same as if each of them came alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.payments.lifecycle import apply_report, apply_reports
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, PaymentMove
from tests.payments.test_settling_together import statements
from tests.payments.world import PRICE, World

P = PaymentState
BEFORE: dict[P, tuple[P, ...]] = {
    P.CREATED: (),
    P.PENDING: (P.PENDING,),
    P.EXPIRED: (P.EXPIRED,),
    P.FAILED: (P.FAILED,),
    P.SETTLED: (P.SETTLED,),
    P.REFUNDED: (P.SETTLED, P.REFUNDED),
}
ODD = {
    "plain": {},
    "of another sum": {"amount_idr": PRICE - 1_000},
    "for a person": {"for_a_person": "Tidak jelas."},
    "with details": {
        "provider_ref": "A-1",
        "reason": "Saldo kurang",
        "pay_url": "https://p.example",
    },
}


def stands(world: World, before: P) -> Payment:
    """A payment of another worker in this state."""
    payment = world.ask_for_another()
    for state in BEFORE[before]:
        world.report(payment, state)
    return payment


def reported(payment: Payment, state: P, kind: str) -> PaymentReport:
    """A report of this kind about the payment."""
    values = {"amount_idr": PRICE} | ODD[kind]
    return PaymentReport(reference=payment.reference, state=state, **values)


def left(world: World, payment: Payment) -> dict[str, object]:
    """What a report left of a payment, apart from its own numbers and the moment."""
    world.session.flush()
    world.session.refresh(payment)
    moves = select(PaymentMove.from_state, PaymentMove.to_state, PaymentMove.report).where(
        PaymentMove.payment_id == payment.id
    )
    cases = select(Case.kind, Case.closed_at.is_(None)).where(Case.payment_id == payment.id)
    asked_in = payment.next_check_at and payment.next_check_at - payment.created_at
    return {
        "state": payment.state,
        "aside": payment.aside_idr,
        "details": (payment.reason, payment.provider_ref, payment.pay_url, payment.checks),
        "asked in": asked_in and round(asked_in / timedelta(minutes=1)),
        "moves": [
            (before, after, {**report, "reference": ""})
            for before, after, report in world.session.execute(moves.order_by(PaymentMove.to_state))
        ],
        "cases": sorted(tuple(row) for row in world.session.execute(cases)),
        "live": [month.live for month in payment.months],
    }


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("before", BEFORE)
def test_a_report_among_many_leaves_what_it_leaves_alone(
    world: World, before: P, kind: str
) -> None:
    for state in P:
        alone, among = stands(world, before), stands(world, before)
        others = [stands(world, P.PENDING), stands(world, P.CREATED)]

        outcome = apply_report(world.session, report=reported(alone, state, kind), by="test")
        outcomes = apply_reports(
            world.session,
            [
                reported(among, state, kind),
                reported(others[0], P.FAILED, "plain"),
                reported(others[1], P.SETTLED, "plain"),
            ],
            by="test",
        )

        assert outcomes[among.reference] is outcome
        assert left(world, among) == left(world, alone)
        assert [payment.state for payment in others] == [P.FAILED, P.SETTLED]


@pytest.mark.parametrize("before", [P.PENDING, P.FAILED])
def test_ten_refusals_more_take_hardly_more_statements(world: World, before: P) -> None:
    few, many = ([stands(world, before) for _ in range(count)] for count in (2, 12))
    world.session.flush()

    def apply(payments: list[Payment]) -> int:
        reports = [reported(payment, P.FAILED, "plain") for payment in payments]
        return statements(lambda: apply_reports(world.session, reports, by="test"))

    assert apply(many) <= apply(few) + 2


def test_clear_news_among_many_close_the_case_of_an_unclear_report(world: World) -> None:
    payments = [stands(world, P.PENDING) for _ in range(2)]
    for payment in payments:
        world.report(payment, P.PENDING, amount_idr=0, for_a_person="Tidak jelas.")

    outcomes = apply_reports(
        world.session, [reported(payment, P.EXPIRED, "plain") for payment in payments], by="test"
    )

    assert set(outcomes.values()) == {Outcome.MOVED}
    cases = world.session.execute(select(Case.kind, Case.closed_at.is_not(None))).all()
    assert [tuple(case) for case in cases] == [(CaseKind.UNCLEAR, True)] * 2
