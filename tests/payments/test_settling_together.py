"""Callbacks of many payments are settled together, and each of them as if it came alone."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import event, select, text

from agentsys.db import db
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.lifecycle import apply_reports
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, Receipt
from tests.factories import make_contribution, make_worker
from tests.payments.stored_callbacks import process, rows, store
from tests.payments.world import PRICE, World

P = PaymentState


def paid(world: World, count: int) -> list[Payment]:
    """Payments of that many workers, whose callbacks wait and which the provider calls paid."""
    payments = []
    for number in range(count):
        worker = make_worker(world.session, world.vault, agent=world.agent, name=f"Siti {number}")
        make_contribution(world.session, worker, world.months[0])
        of_worker = World(
            world.session, world.vault, world.agent, worker, world.finance, world.months
        )
        payment = of_worker.ask(channel=world.wallet)
        world.wallet.says(payment.reference, P.SETTLED, PRICE)
        store(world, payment.reference)
        payments.append(payment)
    return payments


def apply_all(world: World, payments: list[Payment]) -> None:
    """Apply the provider's reports about these payments."""
    reports = [world.wallet.accounts[payment.reference] for payment in payments]
    apply_reports(world.session, reports, by="test")


def statements(work: Callable[[], object]) -> int:
    """How many statements some work sends to the database."""
    sent: list[str] = []

    def count(_: object, __: object, statement: str, *more: object) -> None:
        sent.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(sent)


def test_many_payments_are_settled_together_each_with_its_books_and_receipt(world: World) -> None:
    payments = paid(world, 12)

    outcomes = process(world)

    assert outcomes == {Outcome.MOVED: 12}
    assert {payment.state for payment in payments} == {P.SETTLED}
    for payment in payments:
        lines = journal.lines_of(world.session, kind="payment.settled", source=payment.reference)
        assert lines == {
            accounts.clearing("dict", world.office_id): PRICE,
            accounts.owed_bpjs(world.office_id): -PRICE,
        }
    receipts = world.session.scalars(select(Receipt)).all()
    assert len({receipt.number for receipt in receipts}) == 12
    assert {receipt.payment_id for receipt in receipts} == {payment.id for payment in payments}


def test_ten_payments_more_take_hardly_more_statements(world: World) -> None:
    few, many = paid(world, 2), paid(world, 12)
    world.session.flush()

    of_few = statements(lambda: apply_all(world, few))
    of_many = statements(lambda: apply_all(world, many))

    assert of_many <= of_few + 2


def test_one_that_cannot_be_booked_waits_and_the_others_stand(world: World) -> None:
    one, broken, other = paid(world, 3)
    world.session.execute(
        text(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" IF NEW.payment_id = {broken.id} AND NEW.to_state = 'settled' THEN"
            " RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
        )
    )
    world.session.execute(
        text(
            "CREATE TRIGGER refuse BEFORE INSERT ON payment_moves"
            " FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
    )

    outcomes = process(world)

    assert outcomes == {Outcome.MOVED: 2, None: 1}
    assert [payment.state for payment in (one, broken, other)] == [P.SETTLED, P.CREATED, P.SETTLED]
    (waits,) = [row for row in rows(world) if row.outcome is None]
    assert waits.reference == broken.reference
    assert waits.note.startswith("kesalahan: ")


def test_two_payments_for_one_month_in_one_lot_pay_it_once(world: World) -> None:
    first, second = world.ask(), world.ask()
    for payment in (first, second):
        world.wallet.says(payment.reference, P.SETTLED, PRICE)
        store(world, payment.reference)

    outcomes = process(world)

    assert outcomes == {Outcome.MOVED: 1, Outcome.TO_CHECK: 1}
    case = world.session.scalars(select(Case)).one()
    assert (case.kind, case.facts) == (CaseKind.PAID_TWICE, {"too_much_idr": PRICE})
    assert journal.balances(world.session, "owed:worker:") == {
        accounts.owed_to_worker(world.worker.id): -PRICE
    }


def test_a_report_that_is_not_plain_is_applied_beside_the_plain_ones(world: World) -> None:
    plain, odd = paid(world, 2)
    world.wallet.says(odd.reference, P.SETTLED, PRICE - 1_000)

    outcomes = process(world)

    assert outcomes == {Outcome.MOVED: 1, Outcome.TO_CHECK: 1}
    assert (plain.state, odd.state, odd.aside_idr) == (P.SETTLED, P.CREATED, PRICE - 1_000)
