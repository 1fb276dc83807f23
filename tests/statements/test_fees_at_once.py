"""Several jobs and people at once: a fee is in the books once."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.extension.contract import PaymentState
from agentsys.payments.fee_models import GatewayFee
from agentsys.payments.gateway_payouts import record_payout
from agentsys.runtime import KEY
from agentsys.statements import accounts, importing, uploading
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World
from tests.statements.test_gateway_fees import HEADINGS, line


def sent(app: Flask, world: World, order: str) -> int:
    """A report with one order that waits for its import; its id."""
    vault: Vault = app.extensions[KEY].vault
    with app.app_context(), transaction() as session:
        account = accounts.add_account(
            session,
            office_id=world.office_id,
            name="Gateway",
            provider="dict",
            actor_id=world.finance.id,
        )
        return uploading.upload(
            session,
            vault=vault,
            account_id=account.id,
            filename="laporan.csv",
            content=f"{HEADINGS}\n{line(order)}".encode(),
            actor_id=world.finance.id,
        ).id


def test_one_report_imported_by_several_jobs_at_once_books_its_fees_once(committed: Flask) -> None:
    orders: list[str] = []
    world = committed_world(committed, lambda built: orders.append(_settled(built)))
    file_id = sent(committed, world, orders[0])
    vault: Vault = committed.extensions[KEY].vault

    outcomes = at_once(
        committed, lambda session: importing.import_in(session, vault, file_id), times=4
    )

    with committed.app_context(), transaction() as session:
        fees = session.scalars(select(GatewayFee.fee_idr)).all()
    assert outcomes == {"None": 4}
    assert fees == [100]


def test_a_report_and_a_payout_with_a_typed_fee_at_once_cost_the_fee_once(
    committed: Flask,
) -> None:
    orders: list[str] = []
    world = committed_world(committed, lambda built: orders.append(_settled(built)))
    file_id = sent(committed, world, orders[0])
    vault: Vault = committed.extensions[KEY].vault
    turn = iter(range(2))

    def either(session: object) -> str:
        if next(turn):
            importing.import_in(session, vault, file_id)  # type: ignore[arg-type]
            return "imported"
        record_payout(
            session,  # type: ignore[arg-type]
            provider="dict",
            bank_ref="FT-1",
            amount_idr=PRICE,
            fee_idr=110,
            actor_id=world.finance.id,
        )
        return "recorded"

    outcomes = at_once(committed, either, times=2)

    with committed.app_context(), transaction() as session:
        booked = len(session.scalars(select(GatewayFee.id)).all())
    assert outcomes["imported"] == 1
    assert booked + outcomes.get("recorded", 0) == 1


def _settled(world: World) -> str:
    payment = world.ask_for_another()
    world.report(payment, PaymentState.SETTLED)
    return payment.reference
