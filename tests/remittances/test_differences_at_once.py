"""Differences with BPJS when several people act at once, or one is stopped halfway."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.db import db
from agentsys.ledger import invariants, journal
from agentsys.people.models import RoleName
from agentsys.remittances.confirmations import Verdict, confirm
from agentsys.remittances.difference_models import (
    DifferenceSettlement,
    RemittanceDifference,
    SettlementWay,
)
from agentsys.remittances.differences import propose
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import read_results
from agentsys.remittances.settlements import SettlementAction, decide_settlement
from tests.factories import make_user
from tests.payments.races import at_once, committed_world
from tests.payments.world import World
from tests.remittances.differing import (
    MORE,
    difference,
    own_funds,
    told,
)
from tests.remittances.pasting import CODE, HEADER, coded


def _open(world: World) -> None:
    coded(world)
    own_funds(world)
    told(world, MORE)


def test_eight_results_at_once_open_one_difference(committed: Flask) -> None:
    world = committed_world(committed, lambda world: (coded(world), own_funds(world)))
    rows = read_results(f"{HEADER}{CODE}\tPAID\t{MORE}\tNTPN-1\n")

    def work(session: Session) -> str:
        given = confirm(session, rows=rows, actor_id=world.finance.id, difference_note="Tarif lama")
        return given[0].verdict

    assert at_once(committed, work, 8) == {"confirmed": 1, "already": 7}
    with committed.app_context():
        assert difference(db.session()).amount_idr == 1_200
        assert invariants.check(db.session()) == []


def test_two_people_explain_and_then_settle_one_difference_once(committed: Flask) -> None:
    world = committed_world(committed, _open)

    def explain(session: Session) -> str:
        found = difference(session)
        return propose(
            session,
            remittance_id=found.remittance_id,
            difference_ids=[found.id],
            way=SettlementWay.OFFICE,
            reason="Tarif lama",
            actor_id=world.finance.id,
        ).state

    assert at_once(committed, explain, 6) == {"proposed": 1, "Conflict": 5}
    with committed.app_context():
        made = db.session.scalars(select(DifferenceSettlement.id)).one()
        other = make_user(db.session(), RoleName.FINANCE, office_id=world.office_id)
        other_id = other.id
        db.session.commit()

    def settle(session: Session) -> str:
        return decide_settlement(
            session, settlement_id=made, action=SettlementAction.BOOK, actor_id=other_id
        ).state

    assert at_once(committed, settle, 6) == {"booked": 1, "Conflict": 5}
    with committed.app_context():
        assert journal.balance(db.session(), f"difference:bpjs:{world.office_id}") == 0
        assert invariants.check(db.session()) == []


def test_a_batch_that_is_killed_while_it_is_confirmed_stays_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = coded(world)
    own_funds(world)
    monkeypatch.setattr(journal, "post", _killed)
    inside = world.session.begin_nested()

    with pytest.raises(KeyboardInterrupt):
        told(world, MORE)
    inside.rollback()

    monkeypatch.undo()
    state = world.session.scalars(select(Remittance.state)).one()
    assert state is RemittanceState.CODED
    assert world.session.scalars(select(RemittanceDifference)).all() == []
    assert told(world, MORE) == [Verdict.CONFIRMED]
    assert made.paid_idr == MORE


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
