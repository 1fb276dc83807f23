"""Several attempts to pay one order: what was paid stays, and old news undo nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.case_closing import close_case
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, Resolution
from agentsys.payments.provider_models import PaymentAttempt
from tests.payments.world import PRICE, World

P = PaymentState


def report(
    world: World, payment: Payment, state: PaymentState, attempt: str, amount_idr: int = PRICE
) -> Outcome:
    """Apply what the provider says about one attempt."""
    said = PaymentReport(
        reference=payment.reference, state=state, amount_idr=amount_idr, provider_ref=attempt
    )
    return apply_report(world.session, report=said, by="test")


def cases(world: World) -> Sequence[Case]:
    return world.session.scalars(select(Case).order_by(Case.id)).all()


def held(world: World) -> int:
    return sum(journal.balances(world.session, "clearing:dict:").values())


def test_one_attempt_needs_no_row_of_its_own(world: World) -> None:
    payment = world.ask()
    report(world, payment, P.PENDING, "A")
    report(world, payment, P.SETTLED, "A")

    assert world.session.scalar(select(func.count()).select_from(PaymentAttempt)) == 0


def test_a_second_paid_attempt_of_an_order_is_a_case_and_the_first_keeps_its_number(
    world: World,
) -> None:
    payment = world.ask()
    report(world, payment, P.SETTLED, "A")

    first = report(world, payment, P.SETTLED, "B")
    again = report(world, payment, P.SETTLED, "B")

    assert (first, again) == (Outcome.TO_CHECK, Outcome.NOTHING_NEW)
    assert payment.provider_ref == "A"
    [case] = cases(world)
    assert (case.kind, case.facts) == (
        CaseKind.PAID_AGAIN,
        {"provider_ref": "B", "holds_idr": 2 * PRICE},
    )
    assert held(world) == PRICE


def test_following_the_provider_owes_the_second_payment_to_the_worker(world: World) -> None:
    payment = world.ask()
    report(world, payment, P.SETTLED, "A")
    report(world, payment, P.SETTLED, "B")
    [case] = cases(world)

    close_case(
        world.session,
        case_id=case.id,
        actor_id=world.finance.id,
        note="Dua kali.",
        resolution=Resolution.FOLLOW,
    )
    later = [report(world, payment, P.SETTLED, attempt) for attempt in ("A", "B", "A")]

    assert held(world) == 2 * PRICE
    owed = journal.balance(world.session, accounts.owed_to_worker(world.worker.id))
    assert owed == -PRICE
    assert later == [Outcome.NOTHING_NEW] * 3
    assert len(cases(world)) == 1


def test_the_end_of_an_old_attempt_does_not_end_the_newer_one(world: World) -> None:
    payment = world.ask()
    report(world, payment, P.PENDING, "A")
    report(world, payment, P.PENDING, "B")
    report(world, payment, P.PENDING, "B")

    late = report(world, payment, P.EXPIRED, "A")
    failed = report(world, payment, P.FAILED, "A")

    assert (late, failed, payment.state) == (Outcome.NOTHING_NEW, Outcome.NOTHING_NEW, P.PENDING)
    report(world, payment, P.SETTLED, "B")
    assert (payment.state, payment.provider_ref) == (P.SETTLED, "B")


def test_no_news_of_another_attempt_undo_settled_money(world: World) -> None:
    payment = world.ask()
    report(world, payment, P.SETTLED, "B")

    told = [report(world, payment, state, "A") for state in (P.PENDING, P.EXPIRED, P.FAILED)]

    assert told == [Outcome.NOTHING_NEW] * 3
    assert (payment.state, payment.provider_ref, cases(world)) == (P.SETTLED, "B", [])


def test_a_second_attempt_that_was_paid_and_given_back_needs_nobody_in_the_end(
    world: World,
) -> None:
    payment = world.ask()
    report(world, payment, P.SETTLED, "A")
    report(world, payment, P.SETTLED, "B")

    report(world, payment, P.REFUNDED, "B")

    assert payment.state is P.SETTLED
    assert [case.kind for case in cases(world)] == [CaseKind.PAID_AGAIN]
    assert held(world) == PRICE


def test_an_attempt_after_the_first_ended_is_found_when_it_is_paid(world: World) -> None:
    payment = world.ask()
    report(world, payment, P.PENDING, "A")
    report(world, payment, P.EXPIRED, "A")
    report(world, payment, P.PENDING, "B")
    assert payment.state is P.EXPIRED

    report(world, payment, P.SETTLED, "B")

    assert (payment.state, payment.provider_ref) == (P.SETTLED, "B")
    assert [case.kind for case in cases(world)] == [CaseKind.PAID_LATE]


def test_the_provider_is_asked_about_the_newest_attempt_until_one_is_paid(world: World) -> None:
    payment = world.ask()
    report(world, payment, P.PENDING, "A")
    report(world, payment, P.EXPIRED, "A")
    report(world, payment, P.PENDING, "B")
    assert (payment.state, payment.provider_ref) == (P.EXPIRED, "B")

    report(world, payment, P.EXPIRED, "A")
    assert payment.provider_ref == "B"
    report(world, payment, P.SETTLED, "A")

    assert (payment.state, payment.provider_ref) == (P.SETTLED, "A")
