"""The page on which what was confirmed wrongly is undone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.corrections.models import Correction, CorrectionState
from agentsys.crypto import Vault
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.people.models import RoleName
from tests.corrections import steps
from tests.factories import make_agent, make_user
from tests.payments.world import World

PAGE = "/keuangan/koreksi"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent, a worker, and finance."""
    return World.build(session, vault)


@pytest.fixture
def deposit(world: World) -> Deposit:
    """A deposit that was counted."""
    return steps.deposited(world)


def _chosen(deposit: Deposit) -> str:
    return f"{PAGE}?what=deposit&subject_id={deposit.id}"


def test_finance_shows_the_lines_proposes_and_a_colleague_approves(
    world: World, deposit: Deposit, visit: Any
) -> None:
    finance = visit(world.finance)
    assert f"subject_id={deposit.id}" in finance.get(PAGE).text
    page = finance.get(_chosen(deposit)).text
    assert "-Rp16.800" in page.replace("\u2212", "-").replace("\u2011", "-")
    sent = {"what": "deposit", "subject_id": str(deposit.id)}
    assert finance.submit(PAGE, reason="", **sent).status_code == 422
    assert finance.submit(PAGE, reason="Salah agen", **sent).status_code == 302
    correction = world.session.scalars(select(Correction)).one()
    assert 'value="approve"' not in finance.get(PAGE).text
    assert 'value="withdraw"' in finance.get(PAGE).text

    colleague = visit(steps.colleague(world))
    assert "Salah agen" in colleague.get(PAGE).text
    colleague.submit(f"{PAGE}/{correction.id}", action="approve")

    world.session.expire_all()
    assert correction.state is CorrectionState.APPROVED
    assert deposit.state is DepositState.RETURNED


def test_wrong_users_and_bad_input_change_nothing(
    world: World, deposit: Deposit, visit: Any
) -> None:
    session = world.session
    sent = {"what": "deposit", "subject_id": str(deposit.id), "reason": "x"}
    auditor = visit(make_user(session, RoleName.AUDITOR, office_id=world.office_id))
    stranger = visit(make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id))

    assert auditor.get(PAGE).status_code == 200
    assert auditor.submit(PAGE, **sent).status_code == 403
    assert visit(world.agent.user).get(PAGE).status_code == 403
    assert stranger.submit(PAGE, **sent).status_code == 404
    assert "Slip 42" not in stranger.get(_chosen(deposit)).text
    finance = visit(world.finance)
    for bad in ({"what": "kuitansi"}, {"subject_id": "x"}, {"subject_id": ""}):
        assert finance.submit(PAGE, **(sent | bad)).status_code == 422
    assert finance.submit(PAGE, **(sent | {"subject_id": "999999"})).status_code == 404
    assert finance.get(f"{PAGE}?what=x&subject_id=9").status_code == 200
    assert session.scalars(select(Correction)).all() == []
    finance.submit(PAGE, **sent)
    correction = session.scalars(select(Correction)).one()
    assert finance.submit(f"{PAGE}/{correction.id}", action="makan").status_code == 404
    finance.submit(f"{PAGE}/{correction.id}", action="approve")
    session.expire_all()
    assert correction.state is CorrectionState.PROPOSED
