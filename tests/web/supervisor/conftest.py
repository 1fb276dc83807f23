"""A statement that waits for its supervisor."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.commissions import run
from agentsys.commissions.models import Statement
from agentsys.db import transaction
from agentsys.payments import cash
from agentsys.people.models import RoleName
from agentsys.remittances import batches, codes, confirmations, results
from agentsys.runtime import KEY
from tests.factories import make_agent, make_contribution, make_user, make_worker


@pytest.fixture
def statement(app, session, vault):
    """A computed statement over one confirmed contribution of Rp16.800: Rp2.520."""
    agent = make_agent(session, name="Sari Wulandari")
    worker = make_worker(session, vault, agent=agent)
    finance = make_user(session, RoleName.FINANCE, office_id=agent.office_id)
    month = make_contribution(session, worker).month
    registry = app.extensions[KEY].registry
    cash.collect(
        session,
        key="collect-once",
        channel=registry.channels["cash"],
        worker_id=worker.id,
        months=[month],
        actor_id=agent.user_id,
        agent_id=agent.id,
    )
    deposit = cash.declare_deposit(
        session,
        key="deposit-once",
        agent_id=agent.id,
        actor_id=agent.user_id,
        evidence="SLIP-1",
        counted_idr=16_800,
    )
    cash.decide_deposit(
        session,
        deposit_id=deposit.id,
        action=cash.DepositAction.CONFIRM,
        actor=finance,
        counted_idr=16_800,
    )
    batch = batches.make_batch(session, office_id=agent.office_id, actor_id=finance.id)
    codes.set_code(session, remittance_id=batch.id, kode_iuran="632309048826", actor_id=finance.id)
    rows = results.read_results(
        "KODE IURAN;STATUS;JUMLAH;NO REF\n632309048826;PAID;16800;623090050711"
    )
    confirmations.confirm(session, rows=rows, actor_id=finance.id)
    session.commit()
    run.run_month(transaction, hook=registry.commission_lines, month=month, actor_id=None)
    return session.scalars(select(Statement)).one()
