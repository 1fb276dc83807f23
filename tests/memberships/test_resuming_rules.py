"""Who resumes a membership is asked the same as a new member."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.changes import proposing
from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.memberships.ending import end
from agentsys.memberships.resuming import findings, resume
from agentsys.people.models import User
from agentsys.workers.eligibility import Rule
from agentsys.workers.kinds import EndReason, Programmes, Work
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_user, make_worker

DECEMBER = date(2026, 12, 1)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """Somebody whose membership ended this month."""
    found = make_worker(session, vault, agent=make_agent(session), enrolled_from=date(2026, 9, 1))
    end(
        session,
        worker_id=found.id,
        reason=EndReason.WISHED,
        happened_on=date(2026, 11, 20),
        note="Surat",
        actor_id=None,
    )
    return found


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of the worker's office."""
    return make_user(session, office_id=worker.office_id)


@pytest.mark.parametrize(
    ("born", "work", "programmes", "words"),
    [
        (date(1960, 1, 1), Work.OWN, Programmes.TWO, "batas umur"),
        (date(2012, 1, 1), Work.OWN, Programmes.TWO, "Belum cukup umur"),
        (date(1990, 1, 1), Work.WAGES, Programmes.TWO, "pemberi kerjanya"),
        (date(1990, 1, 1), Work.EMPLOYER, Programmes.TWO, "wajib ikut JHT"),
    ],
)
def test_whom_the_form_refuses_is_not_resumed(
    session: Session,
    worker: Worker,
    clerk: User,
    born: date,
    work: Work,
    programmes: Programmes,
    words: str,
) -> None:
    worker.birth_date = born

    with pytest.raises(Invalid, match=words):
        _resume(session, worker, clerk, work, programmes)


def test_an_employer_with_jht_is_resumed_and_the_answer_is_kept_with_its_history(
    session: Session, worker: Worker, clerk: User
) -> None:
    worker.work = Work.OWN

    _resume(session, worker, clerk, Work.EMPLOYER, Programmes.THREE)

    assert worker.work is Work.EMPLOYER
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.action == "membership.resumed")
    ).one()
    assert (event.details["work_before"], event.details["work"]) == ("own", "employer")


def test_the_known_answer_is_asked_where_nobody_gave_another(
    session: Session, worker: Worker, clerk: User
) -> None:
    worker.work = Work.WAGES

    with pytest.raises(Invalid, match="pemberi kerjanya"):
        _resume(session, worker, clerk, None, Programmes.TWO)


def test_a_warning_is_found_and_kept(session: Session, worker: Worker, clerk: User) -> None:
    worker.income_idr = 100_000
    session.flush()

    found = findings(session, worker_id=worker.id, programmes=Programmes.TWO, work=Work.OWN)
    _resume(session, worker, clerk, Work.OWN, Programmes.TWO)

    assert [(one.rule, one.refuses) for one in found] == [(Rule.INCOME_LOW, False)]
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.action == "membership.resumed")
    ).one()
    assert event.details["warned"] == ["income_low"]


def test_a_member_by_another_record_with_the_same_kpj_is_not_resumed(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    worker.kpj = "21012345678"
    make_worker(session, vault, agent=make_agent(session), kpj="21012345678")

    with pytest.raises(Invalid, match="tercatat dua kali"):
        _resume(session, worker, clerk, Work.OWN, Programmes.TWO)


def test_an_employer_does_not_leave_jht(session: Session, vault: Vault) -> None:
    member = make_worker(
        session,
        vault,
        agent=make_agent(session),
        enrolled_from=date(2026, 9, 1),
        work=Work.EMPLOYER,
        programmes=Programmes.THREE,
    )

    with pytest.raises(Invalid, match="wajib ikut JHT"):
        proposing.consider(
            session,
            vault=vault,
            worker_id=member.id,
            values={"programmes": "JKK+JKM"},
            from_month=DECEMBER,
        )


def _resume(
    session: Session, worker: Worker, clerk: User, work: Work | None, programmes: Programmes
) -> None:
    resume(
        session,
        worker_id=worker.id,
        from_month=DECEMBER,
        programmes=programmes,
        work=work,
        actor_id=clerk.id,
    )
