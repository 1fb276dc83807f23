"""The newest closed month is reopened by two people, and can be closed again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.closing import reopening
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.ledger import accounts, journal
from agentsys.ledger.models import Entry
from agentsys.months import add_months
from agentsys.people.models import RoleName, User
from tests.closing.months import close, next_month, to_close
from tests.factories import make_office, make_user
from tests.payments.world import World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """One month in cash."""
    found = World.build(session, vault)
    found.collect(found.months[:1])
    return found


@pytest.fixture
def second(world: World) -> User:
    """Another user of finance of the office."""
    return make_user(world.session, RoleName.FINANCE, office_id=world.office_id)


def _ask(world: World, closing_id: int) -> None:
    reopening.ask(
        world.session, closing_id=closing_id, reason="Salah bulan", actor_id=world.finance.id
    )


def _decide(world: World, closing_id: int, actor: User, *, approve: bool = True) -> None:
    reopening.decide(world.session, closing_id=closing_id, approve=approve, actor_id=actor.id)


def test_a_month_reopened_by_two_takes_entries_and_is_closed_again(
    world: World, second: User
) -> None:
    inside = clock.now()
    with next_month(world) as month:
        first = close(world, month)
        seal = first.seal
        _ask(world, first.id)
        _decide(world, first.id, second)
        journal.post(
            world.session,
            kind="test",
            source="FT-1",
            at=inside,
            lines={accounts.bank(world.office_id): 5, accounts.own_funds(world.office_id): -5},
        )
        assert to_close(world)[0] == month
        again = close(world, month)

    entry = world.session.scalars(select(Entry).where(Entry.source == "FT-1")).one()
    assert (entry.at, entry.closed_month) == (inside, None)
    assert first.seal == seal
    assert again.seal != seal


def test_nobody_reopens_alone(world: World) -> None:
    with next_month(world) as month:
        closing = close(world, month)
        with pytest.raises(Conflict):
            _decide(world, closing.id, world.finance)
        _ask(world, closing.id)
        with pytest.raises(Forbidden):
            _decide(world, closing.id, world.finance)
        with pytest.raises(DBAPIError), world.session.begin_nested():
            world.session.execute(
                text("UPDATE month_closings SET reopened_by = reopen_asked_by, reopened_at = now()")
            )


def test_a_refused_request_changes_nothing_and_may_come_again(world: World, second: User) -> None:
    with next_month(world) as month:
        closing = close(world, month)
        _ask(world, closing.id)
        with pytest.raises(Conflict):
            _ask(world, closing.id)
        _decide(world, closing.id, second, approve=False)
        assert closing.reopened_at is None
        _ask(world, closing.id)
        assert closing.reopen_asked_by == world.finance.id


def test_only_the_newest_month_is_reopened(world: World, second: User) -> None:
    with next_month(world, later=2) as month:
        older = close(world, month)
        _ask(world, older.id)
        close(world, add_months(month, 1))
        with pytest.raises(Conflict):
            _decide(world, older.id, second)
        with pytest.raises(DBAPIError), world.session.begin_nested():
            world.session.execute(
                text(
                    "UPDATE month_closings SET reopened_by = :by, reopened_at = now()"
                    " WHERE id = :id"
                ),
                {"by": second.id, "id": older.id},
            )


def test_a_request_needs_a_reason_and_somebody_of_the_office(world: World) -> None:
    stranger = make_user(world.session, RoleName.FINANCE, office_id=make_office(world.session).id)
    with next_month(world) as month:
        closing = close(world, month)
        with pytest.raises(Invalid):
            reopening.ask(
                world.session, closing_id=closing.id, reason=" ", actor_id=world.finance.id
            )
        with pytest.raises(NotFound):
            reopening.ask(world.session, closing_id=closing.id, reason="x", actor_id=stranger.id)


def test_the_pages_ask_and_decide(world: World, second: User, visit: Any) -> None:
    with next_month(world) as month:
        closing = close(world, month)
        page = f"/keuangan/tutup-bulan/{closing.id}"
        asker, other = visit(world.finance), visit(second)
        asker.submit(f"{page}/buka", reason="Salah bulan")
        mine = asker.get(page).get_data(as_text=True)
        theirs = other.get(page).get_data(as_text=True)
        other.submit(f"{page}/keputusan", action="approve")
        after = other.get(page).get_data(as_text=True)

    assert 'value="approve"' not in mine
    assert "Tarik permintaan" in mine
    assert 'value="approve"' in theirs
    assert "laporan ini tidak berlaku lagi" in after
