"""References of banks are compared without case, blanks and marks, everywhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys.bank_refs import ref_key
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.ledger.accounts import owed_to_worker
from agentsys.payments.gateway_payouts import ProbablySame, record_own_funds, record_payout
from agentsys.payments.payout_models import GatewayPayout
from agentsys.statements import proofs
from agentsys.transfers.models import Transfer
from agentsys.transfers.repayments import propose
from tests.payments.world import PRICE, World

SAME = ["FT 26/11-0001", "ft26110001", "FT.2611.0001", " Ft 2611 0001 "]


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent, and a worker who paid three months by a wallet."""
    found = World.build(session, vault)
    found.report(found.ask(3), PaymentState.SETTLED)
    return found


def payout(world: World, reference: str, amount_idr: int = PRICE, *, sure: bool = False):
    return record_payout(
        world.session,
        provider=world.wallet.clearing or world.wallet.name,
        bank_ref=reference,
        amount_idr=amount_idr,
        fee_idr=0,
        actor_id=world.finance.id,
        office_id=world.office_id,
        sure=sure,
    )


@pytest.mark.parametrize("again", SAME)
def test_a_payout_is_booked_once_however_its_reference_is_typed(world: World, again: str) -> None:
    first = payout(world, SAME[0])

    assert payout(world, again).id == first.id
    with pytest.raises(Conflict, match="dengan jumlah lain"):
        payout(world, again, 2 * PRICE)
    assert journal.balance(world.session, accounts.bank(world.office_id)) == PRICE


def test_the_database_holds_it_too(world: World) -> None:
    first = payout(world, SAME[0])

    again = GatewayPayout(provider=first.provider, bank_ref=SAME[1], amount_idr=1)

    with pytest.raises(IntegrityError), world.session.begin_nested():
        world.session.add(again)


def test_the_same_provider_sum_and_day_asks_and_a_person_may_be_sure(world: World) -> None:
    payout(world, "FT-1")

    with pytest.raises(ProbablySame, match=r"referensi FT-1\."):
        payout(world, "FT-2")
    other_sum = payout(world, "FT-3", PRICE - 1)
    surely = payout(world, "FT-2", sure=True)

    assert len({other_sum.id, surely.id}) == 2


@pytest.mark.parametrize("reference", ["", "   ", "---", "//.."])
def test_a_reference_of_marks_alone_is_none(world: World, reference: str) -> None:
    with pytest.raises(Invalid):
        payout(world, reference)


@pytest.mark.parametrize("again", SAME)
def test_own_funds_are_booked_once_however_their_reference_is_typed(
    world: World, again: str
) -> None:
    def add(reference: str) -> bool:
        return record_own_funds(
            world.session,
            bank_ref=reference,
            amount_idr=50_000,
            actor_id=world.finance.id,
            office_id=world.office_id,
        )

    assert add(SAME[0])
    assert not add(again)
    assert journal.balance(world.session, accounts.bank(world.office_id)) == 50_000


@pytest.mark.parametrize("again", SAME)
def test_a_transfer_whose_reference_was_used_names_where(
    session: Session, vault: Vault, again: str
) -> None:
    world = World.build(session, vault)
    for payment in (world.ask(), world.ask()):
        world.report(payment, PaymentState.SETTLED)

    def repay(reference: str) -> None:
        propose(
            session,
            account=owed_to_worker(world.worker.id),
            amount_idr=1_000,
            bank_ref=reference,
            note="Dibayar dua kali",
            actor_id=world.finance.id,
        )

    repay(SAME[0])
    refuse = session.scalars(select(Transfer)).one()
    refuse.account = "owed:worker:0"  # so that another proposal for this worker is possible
    session.flush()

    with pytest.raises(Conflict, match=r"sudah dipakai untuk transfer lain: Rp1\.000"):
        repay(again)


def test_a_slip_that_was_used_before_names_where(
    session: Session, vault: Vault, visit: Any
) -> None:
    world = World.build(session, vault, months=4)
    slips = ["Slip 26/0012", "SLIP260012", "Diterima Bu Sari", "diterima bu sari"]
    made = []
    for number, slip in enumerate(slips):
        world.collect([world.months[number]])
        made.append(world.declare(PRICE, key=f"{number}" * 32, evidence=slip))

    found = proofs.used_before(session, [deposit.id for deposit in made])
    page = visit(world.finance).get("/keuangan/setoran-agen").get_data(as_text=True)

    assert {key: used.deposit_id for key, used in found.items()} == {made[1].id: made[0].id}
    assert f"Nomor bukti ini sudah dipakai: setoran {world.agent.name}, Rp16.800" in page


@given(st.text(max_size=30).filter(lambda text: "\0" not in text))
def test_the_database_has_the_same_key_as_the_code(session: Session, text: str) -> None:
    said = text.encode(errors="ignore").decode()

    assert session.scalar(select(func.ref_key(said))) == ref_key(said)
