"""The trial balance and the checks, as a page and as a workbook."""

from __future__ import annotations

import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.db import transaction
from agentsys.extension.contract import PaymentState
from agentsys.ledger.proofs import prove
from agentsys.people.models import RoleName
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """One month in cash, one through a provider."""
    found = World.build(session, vault)
    found.collect(found.months[:1])
    found.months = found.months[1:]
    found.report(found.ask(1), PaymentState.SETTLED)
    return found


def _sheet(answer: Any, number: int = 0) -> list[list[Any]]:
    content = io.BytesIO(answer.get_data())
    return CalamineWorkbook.from_filelike(content).get_sheet_by_index(number).to_python()


def test_the_trial_balance_sums_what_agents_hold_and_balances(world: World, visit: Any) -> None:
    prove(transaction, by="test")
    page = visit(world.finance).get("/keuangan/buku").get_data(as_text=True)

    assert "Titipan di tangan agen" in page
    assert f"cash:agent:{world.agent.id}" not in page
    assert "Masih di Dict" in page
    assert page.count("Rp33.600") == 3  # owed to BPJS, and both sums below
    assert "Semua pemeriksaan lulus" in page


def test_a_broken_check_is_shown_and_its_rows_only_to_who_sees_all_offices(
    world: World, visit: Any
) -> None:
    world.months = world.months[1:]
    payment = world.ask(1)
    world.session.execute(
        text("UPDATE payments SET amount_idr = amount_idr + 1 WHERE id = :id"), {"id": payment.id}
    )
    prove(transaction, by="test")

    of_office = visit(world.finance).get("/keuangan/buku").get_data(as_text=True)
    of_all = visit(make_user(world.session, RoleName.AUDITOR))
    of_all = of_all.get("/keuangan/buku").get_data(as_text=True)
    world.session.execute(
        text("UPDATE payments SET amount_idr = amount_idr - 1 WHERE id = :id"), {"id": payment.id}
    )
    world.session.commit()

    assert "1 pemeriksaan menemukan selisih" in of_office
    assert payment.reference not in of_office
    assert payment.reference in of_all


def test_the_page_says_so_as_long_as_nothing_was_proven(world: World, visit: Any) -> None:
    page = visit(world.finance).get("/keuangan/buku")

    assert "Buku belum pernah diperiksa" in page.get_data(as_text=True)
    assert "Titipan di tangan agen" in page.get_data(as_text=True)


def test_the_page_runs_no_check_itself(
    world: World, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove(transaction, by="test")
    monkeypatch.setattr("agentsys.ledger.invariants.CHECKS", {})

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a page computes no check")

    monkeypatch.setattr("agentsys.ledger.proofs.prove", refuse)
    monkeypatch.setattr("agentsys.ledger.proofs.sentence_of", lambda name: name)

    page = visit(world.finance).get("/keuangan/buku")
    monkeypatch.undo()

    assert "Semua pemeriksaan lulus" in page.get_data(as_text=True)


def test_the_workbook_has_what_the_page_shows_and_agents_on_a_sheet_of_their_own(
    world: World, visit: Any
) -> None:
    answer = visit(world.finance).get("/keuangan/buku.xlsx")
    rows, cash = _sheet(answer), _sheet(answer, 1)

    found = {row[0]: row[2:] for row in rows if row[0]}
    assert found["cash:agent:*"] == [PRICE, 0]
    assert found["owed:bpjs:*"] == [0, 2 * PRICE]
    assert found["Jumlah"] == [2 * PRICE, 2 * PRICE]
    assert sum(row[2] for row in rows[3:-1]) == 2 * PRICE
    assert f"cash:agent:{world.agent.id}" not in found
    assert [row[2] for row in cash[3:]] == [PRICE, PRICE], "the agent, and the sum"
    assert "agen kantor Anda saja" in cash[0][0]
    event = world.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "books.exported")
    ).one()
    assert event.actor_id == world.finance.id


def test_the_workbook_names_no_agent_of_another_office(world: World, visit: Any) -> None:
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)

    answer = visit(stranger).get("/keuangan/buku.xlsx")

    for rows in (_sheet(answer), _sheet(answer, 1)):
        assert world.agent.name not in {cell for row in rows for cell in row}
