"""Taking work, giving it back, handing it over; closed items leave no rows."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.payments.models import Case, CaseKind
from agentsys.people.models import User
from agentsys.people.permissions import RoleName
from agentsys.work import assignments, queries
from agentsys.work.models import WorkAssignment
from tests.factories import make_office, make_user


def make_case(session, number=1):
    case = Case(kind=CaseKind.UNKNOWN_ORDER, subject=f"AG-{number}", facts={}, amount_idr=7_000)
    session.add(case)
    session.flush()
    return {"kind": "case.unknown_order", "subject": str(case.id)}


@pytest.fixture
def office(session):
    return make_office(session)


@pytest.fixture
def finance(session, office):
    return make_user(session, RoleName.FINANCE, office_id=office.id, name="Lina")


@pytest.fixture
def colleague(session, office):
    return make_user(session, RoleName.FINANCE, office_id=office.id, name="Budi")


def test_the_second_to_take_an_item_reads_who_has_it(session, finance, colleague):
    item = make_case(session)

    assignments.take(session, **item, actor=finance)
    assignments.take(session, **item, actor=finance)  # again, by the same person

    with pytest.raises(Conflict, match="Lina sudah memegang"):
        assignments.take(session, **item, actor=colleague)
    assert queries.one(session, colleague, **item).holder == "Lina"


def test_of_two_who_take_an_item_at_once_one_gets_it(committed):
    with committed.app_context(), transaction() as session:
        office = make_office(session)
        ids = [make_user(session, RoleName.FINANCE, office_id=office.id).id for _ in range(2)]
        item = make_case(session)
    ready, told = threading.Barrier(2), []

    def take(user_id):
        with committed.app_context():
            try:
                with transaction() as session:
                    actor = session.get_one(User, user_id)
                    ready.wait(10)
                    assignments.take(session, **item, actor=actor)
                told.append("")
            except Refused as refused:
                told.append(str(refused))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=take, args=(user_id,)) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(map(bool, told)) == [False, True]
    assert "sudah memegang pekerjaan ini" in max(told)


def test_what_a_closed_account_holds_can_be_taken(session, finance, colleague):
    item = make_case(session)
    assignments.take(session, **item, actor=finance)
    finance.active = False

    assert assignments.take(session, **item, actor=colleague).holder_id == colleague.id


def test_only_the_holder_lets_an_item_go(session, finance, colleague):
    item = make_case(session)
    assignments.take(session, **item, actor=finance)

    with pytest.raises(Forbidden):
        assignments.give_back(session, **item, actor=colleague)
    assignments.give_back(session, **item, actor=finance)

    assert queries.one(session, colleague, **item).holder == ""


def test_a_hand_over_changes_holder_and_due_time(session, finance, colleague):
    item = make_case(session)
    later = clock.now() + timedelta(days=9)

    assignments.hand_over(
        session, **item, to_id=colleague.id, actor=finance, note=" Sudah  ditelepon ", due_at=later
    )

    found = queries.one(session, colleague, **item)
    assert (found.holder, found.handed_by, found.note) == ("Budi", "Lina", "Sudah ditelepon")
    assert (found.due_at, found.is_late) == (later, False)


def test_work_goes_only_to_somebody_who_can_decide_it(session, finance, colleague):
    item = make_case(session)
    auditor = make_user(session, RoleName.AUDITOR, office_id=finance.office_id)
    agent = make_user(session, RoleName.AGENT, office_id=finance.office_id)

    assert [
        user.name
        for user in assignments.colleagues(
            session, queries.one(session, finance, **item), actor=finance
        )
    ] == ["Budi"]
    for other in (agent, finance):
        with pytest.raises(Invalid):
            assignments.hand_over(session, **item, to_id=other.id, actor=finance)
    with pytest.raises(Invalid, match="tidak dapat memutuskan"):
        assignments.hand_over(session, **item, to_id=auditor.id, actor=finance)


def test_what_somebody_else_holds_is_handed_over_by_its_holder_or_an_admin(
    session, finance, colleague
):
    item = make_case(session)
    third = make_user(session, RoleName.FINANCE, office_id=finance.office_id)
    admin = make_user(session, RoleName.ADMIN)
    assignments.take(session, **item, actor=finance)

    with pytest.raises(Forbidden):
        assignments.hand_over(session, **item, to_id=third.id, actor=colleague)
    assignments.hand_over(session, **item, to_id=third.id, actor=admin)

    assert session.scalars(select(WorkAssignment.holder_id)).all() == [third.id]


def test_what_is_closed_can_no_longer_be_taken_and_leaves_nothing(session, finance):
    item, other = make_case(session), make_case(session, 2)
    assignments.take(session, **item, actor=finance)
    assignments.take(session, **other, actor=finance)
    case = session.get_one(Case, int(item["subject"]))
    case.closed_at, case.closed_by = clock.now(), finance.id
    session.flush()

    with pytest.raises(NotFound):
        assignments.take(session, **item, actor=finance)
    assert assignments.forget_closed(session) == 1
    assert session.scalars(select(WorkAssignment.subject)).all() == [other["subject"]]
