"""Cash is counted note by note before the pages show how much it should be."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.payments import counting
from agentsys.payments.deposit_models import Deposit, DepositState
from tests.payments.world import PRICE, World

DEPOSITS = "/keuangan/setoran-agen"
NOTES = {"note_10000": "1", "note_5000": "1", "note_1000": "1", "note_500": "1", "note_200": "1"}
COUNTS = {"10000": 1, "5000": 1, "1000": 1, "500": 1, "200": 1}
REST = {"note_100": "1"}


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent with a month in cash."""
    world = World.build(session, vault)
    world.collect(world.months[:1])
    return world


def declared(world: World) -> Deposit:
    """The newest deposit."""
    found = world.session.scalars(select(Deposit).order_by(Deposit.id.desc())).first()
    assert found is not None
    return found


def test_both_count_notes_and_the_office_does_not_see_the_sum_before(
    world: World, visit: Any
) -> None:
    own, finance = visit(world.agent.user), visit(world.finance)
    sent = NOTES | REST | {"key": "setoran-0001", "evidence": "Ibu Rina"}
    assert 'name="note_100000"' in own.get("/setoran").text
    assert own.submit("/setoran", **sent).status_code == 302
    deposit = declared(world)
    assert (deposit.handed_idr, deposit.counts) == (PRICE, COUNTS | {"100": 1})
    page = finance.get(DEPOSITS).text
    table = page[page.index("<table") :]
    assert "Rp16.800" not in table
    assert "dihitung dulu" in table

    wrong = finance.submit(f"{DEPOSITS}/{deposit.id}", action="confirm", note_10000="1")
    assert wrong.status_code == 422
    assert "Rp16.800" in wrong.text
    finance.submit(f"{DEPOSITS}/{deposit.id}", action="confirm", **(NOTES | REST))

    world.session.expire_all()
    assert deposit.state is DepositState.CONFIRMED
    assert deposit.recounts == COUNTS | {"100": 1}


def test_an_office_that_switched_it_off_sees_the_sums(
    world: World, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "is_blind", lambda: False)
    world.declare()

    page = visit(world.finance).get(DEPOSITS).text

    assert "Rp16.800" in page[page.index("<table") :]
    assert "Hitung dulu" not in page


@pytest.mark.parametrize("typed", ["-1", "1,5", "satu", "9999999", "٣"])
def test_a_count_is_a_whole_number(world: World, visit: Any, typed: str) -> None:
    answer = visit(world.agent.user).submit(
        "/setoran", key="setoran-0002", evidence="x", note_10000=typed
    )

    assert answer.status_code == 422
    assert "lembar atau keping" in answer.text
    assert world.session.scalars(select(Deposit)).all() == []


def test_counts_must_come_to_the_sum_and_may_be_left_out() -> None:
    assert counting.check({}, 5) == {}
    assert counting.check({"100": 2}, 200) == {"100": 2}
    for counts, total in (({"100": 2}, 300), ({"75000": 1}, 75_000), ({"100": 1}, None)):
        with pytest.raises(Invalid):
            counting.check(counts, total)
