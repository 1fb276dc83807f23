"""BPJS' answers: who may record them, about whom, and what each pasted line leads to."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Forbidden, Invalid, NotFound
from agentsys.people.models import Agent, RoleName, User
from agentsys.workers import bpjs_answers
from agentsys.workers.bpjs_answers import Verdict, record_answer, record_pasted
from agentsys.workers.models import NewToBpu, Worker
from tests.factories import invented_nik, make_agent, make_user, make_worker


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent with a supervisor."""
    return make_agent(session)


@pytest.fixture
def supervisor(agent: Agent) -> User:
    """The agent's supervisor."""
    assert agent.supervisor is not None
    return agent.supervisor


@pytest.fixture
def worker(session: Session, vault: Vault, agent: Agent) -> Worker:
    """A worker whom nobody asked BPJS about."""
    return make_worker(session, vault, agent=agent, nik=invented_nik(4_711), kpj="21012345678")


def events(session: Session) -> list[AuditEvent]:
    """What the trail says about answers."""
    return list(
        session.scalars(select(AuditEvent).where(AuditEvent.action == "worker.bpu_answered"))
    )


@pytest.mark.parametrize("role", list(RoleName))
def test_everybody_of_the_office_but_agents_and_auditors_records(
    session: Session, agent: Agent, worker: Worker, role: RoleName
) -> None:
    people = {RoleName.AGENT: agent.user, RoleName.SUPERVISOR: agent.supervisor}
    actor = people.get(role) or make_user(session, role, office_id=agent.office_id)

    if role in (RoleName.AGENT, RoleName.AUDITOR):
        with pytest.raises(Forbidden):
            record_answer(session, worker_id=worker.id, new=True, actor=actor)
        assert worker.new_to_bpu is NewToBpu.UNKNOWN
    else:
        record_answer(session, worker_id=worker.id, new=True, actor=actor)
        assert worker.new_to_bpu is NewToBpu.YES
        assert worker.bpu_answered_at is not None


def test_a_change_is_in_the_trail_with_what_stood_there_before(
    session: Session, worker: Worker, supervisor: User
) -> None:
    for new in (True, True, False):
        record_answer(session, worker_id=worker.id, new=new, actor=supervisor)

    told = [(event.actor_id, event.subject, event.details) for event in events(session)]
    assert told == [
        (supervisor.id, f"worker:{worker.id}", {"yes": [f"{worker.id} (unknown)"]}),
        (supervisor.id, f"worker:{worker.id}", {"no": [f"{worker.id} (yes)"]}),
    ]


def test_a_worker_of_another_team_is_not_found(
    session: Session, vault: Vault, worker: Worker, supervisor: User
) -> None:
    nik = invented_nik(4_712)
    other = make_worker(session, vault, agent=make_agent(session), nik=nik)

    with pytest.raises(NotFound):
        record_answer(session, worker_id=other.id, new=True, actor=supervisor)
    [result] = record_pasted(session, vault=vault, pasted=f"{nik} YA", actor=supervisor)

    assert result.verdict is Verdict.NOT_FOUND
    assert other.new_to_bpu is NewToBpu.UNKNOWN


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("{nik} YA", NewToBpu.YES),
        ("{nik}\tya", NewToBpu.YES),
        ("{nik};TIDAK", NewToBpu.NO),
        (" {nik} , Tidak ;", NewToBpu.NO),
        ("{spaced} | YA", NewToBpu.YES),
        ("21012345678 TIDAK", NewToBpu.NO),
    ],
)
def test_a_line_is_read_as_people_paste_it(
    session: Session, vault: Vault, worker: Worker, supervisor: User, line: str, answer: NewToBpu
) -> None:
    nik = invented_nik(4_711)
    spaced = f"{nik[:6]} {nik[6:12]} {nik[12:]}"

    pasted = "NIK\tBARU\n\n" + line.format(nik=nik, spaced=spaced)
    [result] = record_pasted(session, vault=vault, pasted=pasted, actor=supervisor)

    assert (result.number, result.verdict) == (3, Verdict.RECORDED)
    assert worker.new_to_bpu is answer


def test_each_line_says_what_became_of_it_and_the_trail_is_told_once(
    session: Session, vault: Vault, agent: Agent, worker: Worker, supervisor: User
) -> None:
    niks = [invented_nik(number) for number in (5_001, 5_002, 5_003)]
    known = make_worker(session, vault, agent=agent, nik=niks[0], new_to_bpu=NewToBpu.NO)
    twin = make_worker(session, vault, agent=agent, nik=niks[1], kpj=worker.kpj)

    results = record_pasted(
        session,
        vault=vault,
        pasted="\n".join(
            (
                f"{niks[0]} TIDAK",
                f"{niks[1]} YA",
                f"{niks[2]} YA",
                f"{worker.kpj} YA",
                f"{niks[1]} mungkin",
                "6474012345 YA",
            )
        ),
        actor=supervisor,
    )

    assert [result.verdict for result in results] == [
        Verdict.SAME,
        Verdict.RECORDED,
        Verdict.NOT_FOUND,
        Verdict.SEVERAL,
        Verdict.UNREADABLE,
        Verdict.UNREADABLE,
    ]
    assert (known.new_to_bpu, twin.new_to_bpu) == (NewToBpu.NO, NewToBpu.YES)
    assert [event.details for event in events(session)] == [{"yes": [f"{twin.id} (unknown)"]}]


@pytest.mark.parametrize("before", [NewToBpu.UNKNOWN, NewToBpu.NO])
def test_two_lines_that_contradict_each_other_are_both_given_back(
    session: Session, vault: Vault, agent: Agent, worker: Worker, supervisor: User, before: NewToBpu
) -> None:
    worker.new_to_bpu = before
    nik = invented_nik(4_711)
    other = make_worker(session, vault, agent=agent, nik=invented_nik(5_009))

    results = record_pasted(
        session,
        vault=vault,
        pasted=f"{nik} YA\n{worker.kpj} TIDAK\n{invented_nik(5_009)} YA",
        actor=supervisor,
    )

    verdicts = [result.verdict for result in results]
    assert verdicts == [Verdict.CONTRADICTED, Verdict.CONTRADICTED, Verdict.RECORDED]
    assert (worker.new_to_bpu, other.new_to_bpu) == (before, NewToBpu.YES)


def test_nothing_and_far_too_much_are_refused(
    session: Session, vault: Vault, supervisor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bpjs_answers, "MOST_LINES", 2)

    for pasted in ("", "NIK;BARU", "1 YA\n2 YA\n3 YA"):
        with pytest.raises(Invalid):
            record_pasted(session, vault=vault, pasted=pasted, actor=supervisor)
