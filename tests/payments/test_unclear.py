"""Money that a provider holds, but says something unclear about."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import select

from agentsys.errors import Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.case_closing import close_case
from agentsys.payments.models import Case, CaseKind, Outcome, Resolution
from tests.payments.world import PRICE, World

P = PaymentState
SAID = "Midtrans mengembalikan sebagian uang kepada pembayar."


def held(world: World) -> int:
    return sum(journal.balances(world.session, "clearing:dict:").values())


def aside(world: World) -> int:
    return -journal.balance(world.session, accounts.suspense(world.office_id))


def cases(world: World) -> Sequence[Case]:
    world.session.expire_all()
    return world.session.scalars(select(Case).order_by(Case.id)).all()


def decide(world: World, resolution: Resolution) -> None:
    close_case(
        world.session,
        case_id=cases(world)[-1].id,
        actor_id=world.finance.id,
        note="Diperiksa di dasbor.",
        resolution=resolution,
    )


def test_what_a_partial_refund_leaves_of_a_pending_payment_is_in_the_books(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.PENDING)

    outcome = world.report(payment, P.SETTLED, 10_000, for_a_person=SAID)

    assert outcome is Outcome.TO_CHECK
    assert (held(world), aside(world), payment.aside_idr) == (10_000, 10_000, 10_000)
    assert payment.state is P.PENDING


def test_a_smaller_rest_later_is_not_booked_twice_and_following_it_books_the_rest(
    world: World,
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, 10_000, for_a_person=SAID)
    world.report(payment, P.SETTLED, 4_000, for_a_person=SAID)
    assert held(world) == 10_000

    decide(world, Resolution.FOLLOW)

    assert (held(world), aside(world), payment.state) == (4_000, 0, P.FAILED)
    assert journal.balance(world.session, accounts.owed_to_worker(world.worker.id)) == -4_000


def test_money_in_suspense_cannot_be_noted_away(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, 10_000, for_a_person=SAID)

    with pytest.raises(Refused, match="masih ditahan"):
        decide(world, Resolution.NOTED)

    assert payment.aside_idr == 10_000


@pytest.mark.parametrize(
    ("state", "holds"), [(P.SETTLED, PRICE), (P.REFUNDED, 0), (P.FAILED, 0), (P.EXPIRED, 0)]
)
def test_clear_news_close_the_case_and_put_the_money_where_it_belongs(
    world: World, state: PaymentState, holds: int
) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, PRICE, for_a_person=SAID)

    world.report(payment, state)

    [case] = cases(world)
    assert (case.kind, case.resolution, case.closed_by) == (CaseKind.UNCLEAR, "answered", None)
    assert case.closed_at is not None
    assert (payment.state, held(world), aside(world)) == (state, holds, 0)


def test_pending_news_leave_the_case_to_a_person(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED, PRICE, for_a_person=SAID)

    world.report(payment, P.PENDING)

    assert [case.closed_at for case in cases(world)] == [None]
    assert (held(world), aside(world)) == (PRICE, PRICE)


def test_a_suspicion_about_settled_money_that_is_taken_back_lets_it_go_on(world: World) -> None:
    payment = world.ask()
    world.report(payment, P.SETTLED)
    world.report(payment, P.SETTLED, PRICE, for_a_person=SAID)
    assert held(world) == PRICE

    assert world.report(payment, P.SETTLED) is Outcome.NOTHING_NEW

    assert [case.resolution for case in cases(world)] == ["answered"]


def test_a_settlement_of_nothing_is_a_case_and_moves_no_money(world: World) -> None:
    payment = world.ask()

    outcome = world.report(payment, P.SETTLED, 0)

    assert outcome is Outcome.TO_CHECK
    assert [case.kind for case in cases(world)] == [CaseKind.OTHER_AMOUNT]
    assert (held(world), payment.aside_idr, payment.state) == (0, 0, P.CREATED)
    world.report(payment, P.SETTLED)
    assert (payment.state, held(world)) == (P.SETTLED, PRICE)
