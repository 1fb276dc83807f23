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
from agentsys.extension.contract import PaymentState
from agentsys.people.models import RoleName
from agentsys.web.finance import books
from tests.factories import make_office, make_user
from tests.payments.world import PRICE, World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """One month in cash, one through a provider."""
    found = World.build(session, vault)
    found.collect(found.months[:1])
    found.months = found.months[1:]
    found.hear(found.ask(1), PaymentState.SETTLED)
    return found


def _sheet(answer: Any) -> list[list[Any]]:
    content = io.BytesIO(answer.get_data())
    return CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()


def test_the_trial_balance_sums_what_agents_hold_and_balances(world: World, visit: Any) -> None:
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


def test_checks_that_take_too_long_leave_the_page_standing(
    world: World, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "(SELECT 'slow' AS name, to_jsonb(wrong) FROM (SELECT pg_sleep(30)) wrong)"
    monkeypatch.setattr("agentsys.ledger.invariants._ALL", slow)
    monkeypatch.setattr(books, "CHECK_SECONDS", 1)

    page = visit(world.finance).get("/keuangan/buku")
    monkeypatch.undo()

    assert page.status_code == 200
    assert "Pemeriksaan tidak selesai" in page.get_data(as_text=True)
    assert "Titipan di tangan agen" in page.get_data(as_text=True)


def test_the_workbook_has_the_balances_and_is_recorded(world: World, visit: Any) -> None:
    rows = _sheet(visit(world.finance).get("/keuangan/buku.xlsx"))

    found = {row[0]: row[2:] for row in rows if row[0]}
    assert found["cash:agent:*"] == [PRICE, 0]
    assert found[f"cash:agent:{world.agent.id}"] == [PRICE, 0]
    assert found["owed:bpjs:*"] == [0, 2 * PRICE]
    event = world.session.scalars(
        select(AuditEvent).where(AuditEvent.action == "books.exported")
    ).one()
    assert event.actor_id == world.finance.id


def test_the_workbook_names_no_agent_of_another_office(world: World, visit: Any) -> None:
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)

    rows = _sheet(visit(stranger).get("/keuangan/buku.xlsx"))

    assert world.agent.name not in {cell for row in rows for cell in row}
