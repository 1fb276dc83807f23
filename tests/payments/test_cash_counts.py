"""An agent's count is written down before any page shows how much it should be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.payments import cash_counts, counting
from agentsys.payments.count_models import CashCount
from agentsys.payments.deposit_models import Deposit
from tests.payments.world import PRICE, World

SUM = "Rp16.800"


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent with a month in cash."""
    world = World.build(session, vault)
    world.collect(world.months[:1])
    return world


def counts(session: Session) -> list[tuple[int, int, bool]]:
    """What was counted and expected, and whether it was for a deposit, in its order."""
    rows = session.scalars(select(CashCount).order_by(CashCount.id))
    return [(row.counted_idr, row.expected_idr, row.deposit_id is not None) for row in rows]


def test_no_sum_is_on_the_page_or_in_its_file_before_a_count(world: World, visit: Any) -> None:
    phone = visit(world.agent.user)

    for path in ("/setoran", "/setoran?as=xlsx"):
        page = phone.get(path)
        assert page.mimetype == "text/html"
        for shown in (SUM, "Harus ada", world.worker.name, "Yang dibayar", "16.800"):
            assert shown not in page.text
    phone.submit("/setoran/hitung", counted="16.000")

    page = phone.get("/setoran").text
    assert page.index("Anda hitung") < page.index("Rp16.000") < page.index("Harus ada")
    assert SUM in page
    assert "kurang Rp800" in page
    assert world.worker.name in page


def test_every_count_stays_and_finance_sees_how_often_it_was_counted(
    session: Session, world: World, visit: Any
) -> None:
    phone = visit(world.agent.user)
    phone.submit("/setoran/hitung", counted="1")
    phone.submit("/setoran/hitung", counted="1")  # the same again is the same
    wrong = phone.submit("/setoran", key="setoran-0001", counted="16.000", evidence="Slip 1")
    right = phone.submit("/setoran", key="setoran-0001", counted="16.800", evidence="Slip 1")

    assert (wrong.status_code, right.status_code) == (422, 302)
    assert "Anda hitung" in wrong.text
    assert counts(session) == [(1, PRICE, True), (16_000, PRICE, True), (PRICE, PRICE, True)]
    assert "agen menghitung 3 kali" in visit(world.finance).get("/keuangan/setoran-agen").text
    told = select(AuditEvent).where(AuditEvent.action == "cash.counted").order_by(AuditEvent.id)
    assert [row.details["counted_idr"] for row in session.scalars(told)] == [1, 16_000, PRICE]


def test_a_form_that_is_sent_again_counts_nothing_and_deposits_once(
    session: Session, world: World, visit: Any
) -> None:
    phone = visit(world.agent.user)
    for _ in range(2):
        sent = phone.submit("/setoran", key="setoran-0001", counted="16.800", evidence="Slip 1")
        assert sent.status_code == 302

    assert len(session.scalars(select(Deposit)).all()) == 1
    assert counts(session) == [(PRICE, PRICE, True)]


def test_a_count_no_longer_fits_after_more_cash_or_half_a_day(
    session: Session, world: World, visit: Any
) -> None:
    phone = visit(world.agent.user)
    phone.submit("/setoran/hitung", counted="16.800", receipts="1")
    assert cash_counts.latest(session, world.agent.id) is not None
    with time_machine.travel(clock.now() + cash_counts.HOLDS_FOR + timedelta(minutes=1)):
        assert cash_counts.latest(session, world.agent.id) is None
    phone.submit("/setoran/hitung", counted="16.800")
    assert cash_counts.latest(session, world.agent.id) is not None
    world.confirm(world.declare())
    world.collect(world.months[1:3])

    assert cash_counts.latest(session, world.agent.id) is None


def test_part_of_the_receipts_is_counted_by_itself(
    session: Session, world: World, visit: Any
) -> None:
    world.collect(world.months[1:2])
    phone = visit(world.agent.user)

    phone.submit("/setoran/hitung", counted="16.800", receipts="1")
    sent = phone.submit(
        "/setoran", key="setoran-0001", counted="16.800", receipts="1", evidence="Slip 1"
    )

    assert sent.status_code == 302
    assert counts(session) == [(PRICE, PRICE, True)]


@pytest.mark.parametrize("typed", ["", "satu", "-5"])
def test_what_is_no_sum_is_refused(session: Session, world: World, visit: Any, typed: str) -> None:
    answer = visit(world.agent.user).submit("/setoran/hitung", counted=typed, follow_redirects=True)

    assert "Hitung uangnya" in answer.text
    assert counts(session) == []


def test_an_office_that_switched_it_off_sees_the_sum_at_once(
    session: Session, world: World, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "is_blind", lambda: False)
    phone = visit(world.agent.user)

    assert SUM in phone.get("/setoran").text
    phone.submit("/setoran", key="setoran-0001", counted="16.800", evidence="Slip 1")
    assert counts(session) == []
