"""The pages on which shortages are paid, deducted or reported as lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.payments.cash import DepositAction, declare_deposit
from agentsys.payments.deduction_models import Deduction, DeductionState
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.shortages import owed_by
from agentsys.people.models import RoleName
from agentsys.transfers.models import Transfer
from tests.factories import make_user
from tests.payments.world import PRICE, World

PAGE = "/keuangan/selisih-agen"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent who handed in Rp2.800 too little."""
    world = World.build(session, vault)
    world.collect(world.months[:1])
    deposit = declare_deposit(
        session,
        key="setoran-kurang",
        agent_id=world.agent.id,
        actor_id=world.agent.user_id or 0,
        evidence="Slip 42",
        counted_idr=PRICE - 2_800,
        difference_reason="Salah kembalian",
    )
    world.decide(deposit, DepositAction.CONFIRM, counted_idr=PRICE - 2_800)
    return world


def test_finance_records_a_transfer_and_a_colleague_books_it(world: World, visit: Any) -> None:
    finance = visit(world.finance)
    assert world.agent.name in finance.get(PAGE).text
    sent = {"agent_id": str(world.agent.id), "bank_ref": "TRF 5", "note": "Lunas"}
    assert finance.submit(PAGE, amount_idr="9.999", **sent).status_code == 422
    assert finance.submit(PAGE, amount_idr="2.800", **sent).status_code == 302
    transfer = world.session.scalars(select(Transfer)).one()
    assert 'value="book"' not in finance.get(PAGE).text

    colleague = visit(make_user(world.session, RoleName.FINANCE, office_id=world.office_id))
    assert 'value="book"' in colleague.get(PAGE).text
    answer = colleague.submit("/keuangan/transfer", transfer_id=str(transfer.id), action="book")

    assert answer.location.endswith(PAGE)
    assert owed_by(world.session, world.agent.id) == 0
    assert "Tidak ada selisih setoran" in colleague.get(PAGE).text


def test_the_agent_asks_for_a_deduction_and_finance_agrees(world: World, visit: Any) -> None:
    own, finance = visit(world.agent.user), visit(world.finance)
    assert "Minta dipotong dari komisi" in own.get("/setoran").text
    own.submit("/setoran/potongan", amount="2.800", note="Dari komisi Desember")
    deduction = world.session.scalars(select(Deduction)).one()
    assert "Dari komisi Desember" in finance.get(PAGE).text

    finance.submit(f"{PAGE}/potongan/{deduction.id}", action="agree")

    world.session.expire_all()
    assert deduction.state is DeductionState.AGREED
    assert "Disetujui" in own.get("/setoran").text
    finance.submit(f"{PAGE}/potongan/{deduction.id}", action="end", reason="Ditransfer")
    world.session.expire_all()
    assert deduction.state is DeductionState.ENDED


def test_bad_input_and_wrong_users_change_nothing(world: World, visit: Any) -> None:
    own = visit(world.agent.user)
    for amount in ("", "sepuluh", "-1", "9" * 30):
        own.submit("/setoran/potongan", amount=amount, note="x")
    assert world.session.scalars(select(Deduction)).all() == []
    own.submit("/setoran/potongan", amount="1.000", note="x")
    deduction = world.session.scalars(select(Deduction)).one()
    address = f"{PAGE}/potongan/{deduction.id}"

    assert own.submit(address, action="agree").status_code == 403
    assert visit(world.finance).submit(address, action="withdraw").status_code == 404
    auditor = visit(make_user(world.session, RoleName.AUDITOR, office_id=world.office_id))
    assert 'name="bank_ref"' not in auditor.get(PAGE).text
    assert auditor.submit(address, action="agree").status_code == 403
    own.submit(f"/setoran/potongan/{deduction.id}/tarik")
    world.session.expire_all()
    assert deduction.state is DeductionState.WITHDRAWN


def test_the_agent_reports_a_robbery_and_finance_sees_the_police_report(
    world: World, visit: Any
) -> None:
    world.collect(world.months[1:2])
    own = visit(world.agent.user)
    assert 'name="police_report"' in own.get("/setoran").text

    own.submit(
        "/setoran",
        key="rampok-0001",
        counted="0",
        police_report="LP/9/XII/2026",
        difference_reason="Dirampok",
    )

    deposit = world.session.scalars(select(Deposit).order_by(Deposit.id.desc())).first()
    assert deposit is not None
    assert (deposit.handed_idr, deposit.police_report) == (0, "LP/9/XII/2026")
    assert "laporan polisi LP/9/XII/2026" in visit(world.finance).get("/keuangan/setoran-agen").text
