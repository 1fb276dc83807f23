"""A batch for BPJS, without its code and with it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.payments import gateway_payouts
from agentsys.remittances import batches, codes
from agentsys.remittances.models import Remittance
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """A worker paid two months through a provider, and the money is in the bank."""
    found = World.build(session, vault, months=2)
    found.report(found.ask(2), PaymentState.SETTLED)
    gateway_payouts.record_payout(
        session,
        provider="dict",
        bank_ref="FT-1",
        amount_idr=2 * PRICE,
        fee_idr=0,
        actor_id=found.finance.id,
    )
    return found


@pytest.fixture
def batch(world: World) -> Remittance:
    """Both months in a batch."""
    return batches.make_batch(
        world.session, office_id=world.agent.office_id, actor_id=world.finance.id
    )


@pytest.fixture
def coded(world: World, batch: Remittance) -> Remittance:
    """The batch with its kode iuran."""
    return codes.set_code(
        world.session, remittance_id=batch.id, kode_iuran="2611 0001", actor_id=world.finance.id
    )
