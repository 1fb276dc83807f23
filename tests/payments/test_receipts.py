"""Receipts and pay links: what the worker sees, and what other people can learn."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.extension.contract import PaymentState
from agentsys.payments.links import find_link, make_link
from agentsys.payments.models import Payment
from agentsys.payments.receipts import ALPHABET, as_typed, progress_of, short_name
from tests.payments.world import World


def steps(world: World, payment: Payment) -> list[str]:
    """The steps that a receipt's page shows as done."""
    assert payment.receipt is not None
    progress = progress_of(world.session, payment.receipt.code)
    return [step.name for step in progress.steps if step.at is not None]


def test_a_receipts_page_follows_the_cash(world: World) -> None:
    payment = world.collect(world.months[:1])
    assert steps(world, payment) == ["received"]
    deposit = world.declare()
    assert steps(world, payment) == ["received"]

    world.confirm(deposit)

    assert steps(world, payment) == ["received", "deposited"]


def test_money_from_a_wallet_never_was_in_an_agents_hands(world: World) -> None:
    payment = world.ask()
    world.report(payment, PaymentState.SETTLED)

    assert steps(world, payment) == ["received", "deposited"]


def test_a_receipts_page_shows_no_nik_no_phone_and_no_full_name(world: World) -> None:
    world.worker.phone = "+628123456789"
    payment = world.collect(world.months[:2])
    assert payment.receipt is not None

    progress = progress_of(world.session, payment.receipt.code)

    shown = str(dataclasses.asdict(progress))
    assert progress.worker == "Siti R."
    assert progress.months == tuple(world.months[:2])
    assert sum(progress.amounts_idr) == payment.amount_idr
    assert progress.worker_id == world.worker.id
    assert "Rahmawati" not in shown
    assert "8123456789" not in shown
    assert world.worker.nik_masked[-4:] not in progress.worker


def test_a_refunded_receipt_says_so(world: World) -> None:
    payment = world.ask()
    world.report(payment, PaymentState.SETTLED)
    world.report(payment, PaymentState.REFUNDED)
    assert payment.receipt is not None

    assert progress_of(world.session, payment.receipt.code).refunded


def test_numbers_rise_and_codes_are_unlike(world: World) -> None:
    receipts = [world.collect([month]).receipt for month in world.months]

    numbers = [receipt.number for receipt in receipts if receipt]
    codes = {receipt.code for receipt in receipts if receipt}
    assert numbers == sorted(numbers)
    assert len(codes) == len(numbers) == 3
    assert all(len(code) == 10 and set(code) <= set(ALPHABET) for code in codes)


def test_a_code_is_found_as_people_type_it(world: World) -> None:
    payment = world.collect(world.months[:1])
    assert payment.receipt is not None
    code = payment.receipt.code

    typed = code.lower().replace("0", "o").replace("1", "l")

    assert progress_of(world.session, f"{typed[:5]}-{typed[5:]} ").code == code


@pytest.mark.parametrize("code", ["", "0000000000", "x" * 500, "a\0b", "%"])
def test_a_code_that_was_never_issued_is_not_found(world: World, code: str) -> None:
    with pytest.raises(NotFound):
        progress_of(world.session, code)


def test_look_alikes_are_read_as_digits() -> None:
    assert as_typed("oil-OIL 8z") == "0110118Z"


@pytest.mark.parametrize(
    ("name", "short"),
    [("Siti", "Siti"), ("Siti Nur Aisyah", "Siti N."), ("  ", ""), ("Abdul  Rahman", "Abdul R.")],
)
def test_a_name_is_shortened(name: str, short: str) -> None:
    assert short_name(name) == short


def test_a_pay_link_works_for_thirty_days(world: World) -> None:
    link = make_link(world.session, worker_id=world.worker.id, actor_id=world.agent.user_id)

    assert len(link.token) == 32
    with time_machine.travel(clock.now() + timedelta(days=29)):
        assert find_link(world.session, link.token).worker_id == world.worker.id
    with time_machine.travel(clock.now() + timedelta(days=30)), pytest.raises(NotFound):
        find_link(world.session, link.token)


@pytest.mark.parametrize("token", ["", "no-such-token", "x" * 100, "a\0b"])
def test_an_invented_link_is_not_found(world: World, token: str) -> None:
    with pytest.raises(NotFound):
        find_link(world.session, token)


def test_the_progress_of_a_receipt_takes_three_statements_at_most(world: World) -> None:
    payment = world.collect(world.months[:3])
    assert payment.receipt is not None
    code = payment.receipt.code
    statements: list[str] = []
    connection = world.session.connection()

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(connection, "before_cursor_execute", note)
    progress_of(world.session, code)
    event.remove(connection, "before_cursor_execute", note)

    assert len(statements) <= 3
