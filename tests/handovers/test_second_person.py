"""A hand-over inside one office needs a second person, too."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.handovers import consent, moving
from agentsys.handovers.models import Handover, HandoverState
from agentsys.handovers.undoing import undo
from agentsys.listing.request import ListRequest
from agentsys.people import agent_rules
from agentsys.people.agent_rules import Rule, Setting
from agentsys.people.models import RoleName, User
from agentsys.work.queries import waiting
from tests.factories import make_agent, make_user
from tests.handovers.steps import DECEMBER, Two, picture


@pytest.fixture
def two(session: Session, vault: Vault) -> Two:
    """Two agents of one office and a worker."""
    return Two.build(session, vault)


def test_one_person_alone_moves_nobody(session: Session, two: Two) -> None:
    before = picture(session)

    with pytest.raises(Invalid, match="menunggu persetujuan orang kedua"):
        moving.carry_out(session, handover_id=two.draft(), actor_id=two.actor.id)

    assert picture(session) == before


def test_who_made_it_does_not_accept_it_whatever_the_roles(session: Session, two: Two) -> None:
    office = two.old.office_id
    two.actor = make_user(session, RoleName.SUPERVISOR, RoleName.ADMIN, office_id=office)
    number = two.propose(two.draft())

    with pytest.raises(Forbidden, match="orang kedua"):
        consent.accept(session, handover_id=number, actor_id=two.actor.id)


def test_nothing_moves_until_it_is_accepted_and_then_the_second_person_is_named(
    session: Session, two: Two
) -> None:
    number = two.propose(two.draft())
    assert two.worker.agent_id == two.old.id

    consent.accept(session, handover_id=number, actor_id=two.second.id)

    made = session.get_one(Handover, number)
    assert (made.state, made.decided_by) == (HandoverState.DONE, two.second.id)
    assert two.worker.agent_id == two.new.id


def test_one_of_a_later_month_is_planned_once_it_is_accepted(session: Session, two: Two) -> None:
    assert two.hand_over(from_month=DECEMBER).state is HandoverState.PLANNED


def test_a_refused_one_moves_nobody_and_is_not_accepted_later(session: Session, two: Two) -> None:
    number = two.propose(two.draft())

    consent.refuse(session, handover_id=number, actor_id=two.second.id)

    assert two.worker.agent_id == two.old.id
    with pytest.raises(Conflict):
        consent.accept(session, handover_id=number, actor_id=two.second.id)


def test_an_agent_who_gets_the_workers_is_not_the_second_person(session: Session, two: Two) -> None:
    boss = make_user(session, RoleName.AGENT, RoleName.SUPERVISOR, office_id=two.old.office_id)
    two.new = make_agent(session, office_id=two.old.office_id, user_id=boss.id)
    number = two.propose(two.draft(from_month=DECEMBER))

    with pytest.raises(Refused, match="dibuat orang lain"):
        consent.accept(session, handover_id=number, actor_id=boss.id)


def test_another_office_accepts_nothing(session: Session, two: Two) -> None:
    number = two.propose(two.draft())
    stranger = make_user(session, office_id=make_agent(session).office_id)

    with pytest.raises(NotFound):
        consent.accept(session, handover_id=number, actor_id=stranger.id)


def test_it_waits_in_the_queue_of_those_who_decide_but_not_of_who_made_it(
    session: Session, two: Two
) -> None:
    admin = make_user(session, RoleName.ADMIN, office_id=two.old.office_id)
    two.actor = make_user(session, RoleName.ADMIN, office_id=two.old.office_id)
    two.propose(two.draft())

    assert "handover.proposed" in _kinds(session, admin)
    assert "handover.proposed" not in _kinds(session, two.actor)


def test_one_person_undoes_it_while_nobody_was_paid(session: Session, two: Two) -> None:
    made = two.hand_over()

    undo(session, handover_id=made.id, reason="Salah agen", actor_id=two.actor.id)

    assert two.worker.agent_id == two.old.id


def test_a_dated_rule_lets_one_person_hand_a_few_workers_over(
    session: Session, two: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = agent_rules.setting

    def allowing(rule: Rule, day: object) -> Setting:
        found = known(rule, day)  # type: ignore[arg-type]
        return replace(found, value=1) if rule is Rule.HANDOVER_ALONE_WORKERS else found

    monkeypatch.setattr(agent_rules, "setting", allowing)

    done = moving.carry_out(session, handover_id=two.draft(), actor_id=two.actor.id)

    assert (done.state, done.decided_by) == (HandoverState.DONE, None)


def _kinds(session: Session, user: User) -> set[str]:
    return {item.kind.key for item in waiting(session, user, ListRequest()).rows}
