"""Each office pays from its own money; with a shared bank account it owes what it takes."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import db
from agentsys.errors import Conflict, NotFound, Refused
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments.gateway_payouts import divide, record_own_funds, record_payout
from agentsys.people.models import RoleName
from agentsys.remittances.batches import make_batch
from agentsys.remittances.codes import set_code
from agentsys.remittances.confirmations import Result, Verdict, confirm
from agentsys.remittances.results import ResultRow
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose
from tests.factories import make_user
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World


def coded(world: World, code: str) -> None:
    """A wallet payment of two months is in a batch with that code."""
    world.report(world.ask(2), PaymentState.SETTLED)
    made = make_batch(world.session, office_id=world.office_id, actor_id=world.finance.id)
    set_code(world.session, remittance_id=made.id, kode_iuran=code, actor_id=world.finance.id)


def pay_out(world: World, amount_idr: int, office_id: int | None = None, fee_idr: int = 0) -> None:
    """Record a payout of that amount."""
    record_payout(
        world.session,
        provider="dict",
        bank_ref=f"MCM {amount_idr} {office_id}",
        amount_idr=amount_idr,
        fee_idr=fee_idr,
        actor_id=world.finance.id,
        office_id=office_id,
    )


def paid_at_bpjs(session: Session, actor_id: int, code: str, *, shared: bool = False) -> Result:
    """The result of a line that says that a batch of two months is paid."""
    row = ResultRow(1, code, True, "PAID", 2 * PRICE, f"R-{code}")
    [result] = confirm(session, rows=[row], actor_id=actor_id, shared_bank=shared)
    return result


def held(world: World, account: str) -> int:
    """The balance of an account."""
    return journal.balance(world.session, account)


@pytest.fixture
def two(session: Session, vault: Vault) -> tuple[World, World]:
    """Two offices with a batch each; only the money of the first is in the bank."""
    rich, poor = World.build(session, vault), World.build(session, vault)
    coded(rich, "900001")
    coded(poor, "900002")
    pay_out(rich, 2 * PRICE, rich.office_id)
    return rich, poor


def test_a_batch_is_not_paid_from_the_money_of_another_office(two: tuple[World, World]) -> None:
    rich, poor = two

    assert paid_at_bpjs(poor.session, poor.finance.id, "900002").verdict is Verdict.NO_MONEY
    assert held(rich, accounts.bank(rich.office_id)) == 2 * PRICE
    assert paid_at_bpjs(rich.session, rich.finance.id, "900001").verdict is Verdict.CONFIRMED


def test_in_a_shared_account_what_is_taken_from_another_office_is_owed(
    two: tuple[World, World],
) -> None:
    rich, poor = two

    result = paid_at_bpjs(poor.session, poor.finance.id, "900002", shared=True)

    assert result.verdict is Verdict.CONFIRMED
    assert result.reason.values["lent_idr"] == 2 * PRICE
    assert held(rich, accounts.due(poor.office_id, rich.office_id)) == 2 * PRICE
    assert held(rich, accounts.due(rich.office_id, poor.office_id)) == -2 * PRICE
    assert held(rich, accounts.bank(rich.office_id)) == 0
    assert held(poor, accounts.bank(poor.office_id)) == 0


def test_who_lent_takes_its_money_back_first(two: tuple[World, World]) -> None:
    rich, poor = two
    paid_at_bpjs(poor.session, poor.finance.id, "900002", shared=True)
    pay_out(poor, 2 * PRICE, poor.office_id)

    result = paid_at_bpjs(rich.session, rich.finance.id, "900001", shared=True)

    assert result.verdict is Verdict.CONFIRMED
    assert held(rich, accounts.due(poor.office_id, rich.office_id)) == 0
    assert held(rich, accounts.due(rich.office_id, poor.office_id)) == 0


def test_a_worker_is_not_repaid_from_the_money_of_another_office(
    two: tuple[World, World], session: Session, vault: Vault
) -> None:
    poor = World.build(session, vault)
    for payment in (poor.ask(1), poor.ask(1)):  # the same month twice
        poor.report(payment, PaymentState.SETTLED)
    proposed = propose(
        poor.session,
        account=accounts.owed_to_worker(poor.worker.id),
        amount_idr=PRICE,
        bank_ref="TRF 1",
        note="Kelebihan bayar",
        actor_id=poor.finance.id,
    )
    second_person = make_user(poor.session, RoleName.FINANCE, office_id=poor.office_id)

    with pytest.raises(Refused, match="kantor ini"):
        decide_transfer(
            poor.session,
            transfer_id=proposed.id,
            action=TransferAction.BOOK,
            actor_id=second_person.id,
        )


def test_a_payout_is_divided_by_what_is_held_for_each_office(
    session: Session, vault: Vault
) -> None:
    one, other = World.build(session, vault), World.build(session, vault)
    one.report(one.ask(2), PaymentState.SETTLED)
    other.report(other.ask(1), PaymentState.SETTLED)

    pay_out(one, 3 * PRICE - 30, fee_idr=90)

    parts = [held(one, accounts.bank(w.office_id)) for w in (one, other)]
    assert parts == [2 * PRICE - 20 - 60, PRICE - 10 - 30]
    assert [held(one, accounts.gateway_fee(w.office_id)) for w in (one, other)] == [60, 30]
    assert [held(one, accounts.clearing("dict", w.office_id)) for w in (one, other)] == [20, 10]


def test_a_payout_of_one_office_takes_only_its_money(session: Session, vault: Vault) -> None:
    one, other = World.build(session, vault), World.build(session, vault)
    one.report(one.ask(2), PaymentState.SETTLED)
    other.report(other.ask(1), PaymentState.SETTLED)

    with pytest.raises(Refused, match="memegang"):
        pay_out(other, PRICE + 1, other.office_id)
    with pytest.raises(NotFound):
        pay_out(other, PRICE, one.office_id)
    pay_out(other, PRICE, other.office_id)
    assert held(one, accounts.clearing("dict", one.office_id)) == 2 * PRICE


def test_own_funds_are_of_one_office(session: Session, vault: Vault) -> None:
    one, other = World.build(session, vault), World.build(session, vault)
    by = {"bank_ref": "MODAL", "amount_idr": 5_000}
    boss = make_user(session, RoleName.ADMIN)

    assert record_own_funds(session, **by, office_id=one.office_id, actor_id=one.finance.id)
    assert not record_own_funds(session, **by, office_id=one.office_id, actor_id=boss.id)
    with pytest.raises(Conflict, match="kantor lain"):
        record_own_funds(session, **by, office_id=other.office_id, actor_id=boss.id)
    with pytest.raises(NotFound):
        record_own_funds(session, **by, office_id=other.office_id, actor_id=one.finance.id)


def test_parts_make_the_sum_and_none_is_more_than_what_is_there() -> None:
    having = {1: 333, 2: -50, 3: 1, 4: 666, 5: 0}

    for amount in range(1_001):
        parts = divide(amount, having)
        assert sum(parts.values()) == amount
        assert all(0 <= part <= having[office] for office, part in parts.items())


def test_two_offices_that_pay_at_once_do_not_spend_shared_money_twice(committed: Flask) -> None:
    pairs: list[tuple[int, str]] = []

    def build(world: World) -> None:
        other = World.build(world.session, world.vault)
        coded(world, "900001")
        coded(other, "900002")
        pay_out(world, 2 * PRICE, world.office_id)
        pairs.extend(((world.finance.id, "900001"), (other.finance.id, "900002")))

    committed_world(committed, build)
    actors = iter(pairs * 4)

    def work(session: Session) -> str:
        actor_id, code = next(actors)
        return paid_at_bpjs(session, actor_id, code, shared=True).verdict

    told = at_once(committed, work, 8)

    assert told["confirmed"] == 1
    assert told["no_money"] + told["already"] == 7
    with committed.app_context():
        assert sum(journal.balances(db.session(), accounts.BANK).values()) == 0
