"""Two people in finance at once: each contribution is in one batch, each batch confirmed once."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.db import db
from agentsys.extension.contract import PaymentState
from agentsys.ledger import journal
from agentsys.payments.settlement import record_payout
from agentsys.remittances.batches import make_batch, set_code
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.models import Remittance
from agentsys.remittances.results import read_results
from tests.payments.races import at_once, committed_world
from tests.payments.world import PRICE, World


def paid(world: World) -> None:
    """Two months are collected and the money is in the bank."""
    world.hear(world.ask(2), PaymentState.SETTLED)
    record_payout(
        world.session,
        provider="dict",
        bank_ref="MCM 1",
        amount_idr=2 * PRICE,
        fee_idr=0,
        actor_id=world.finance.id,
    )


def batched(world: World) -> None:
    """The two months are in a batch with its code."""
    paid(world)
    finance = world.finance.id
    made = make_batch(world.session, office_id=world.agent.office_id, actor_id=finance)
    set_code(world.session, remittance_id=made.id, kode_iuran="901234", actor_id=finance)


def test_eight_batches_at_once_take_each_contribution_once(committed: Flask) -> None:
    world = committed_world(committed, paid)

    def work(session: Session) -> int:
        return make_batch(session, office_id=world.agent.office_id, actor_id=world.finance.id).count

    assert at_once(committed, work, 8) == {"2": 1, "Refused": 7}
    with committed.app_context():
        assert db.session.scalar(select(func.count(Remittance.id))) == 1


def test_eight_pastes_of_one_list_at_once_pay_bpjs_once(committed: Flask) -> None:
    world = committed_world(committed, batched)
    rows = read_results("KODE IURAN;STATUS;JUMLAH;NO REF\n901234;PAID;33600;R1\n")

    def work(session: Session) -> str:
        return confirm(session, rows=rows, actor_id=world.finance.id)[0].verdict

    assert at_once(committed, work, 8) == {"confirmed": 1, "already": 7}
    with committed.app_context():
        assert journal.balance(db.session(), "bank:collection") == 0
