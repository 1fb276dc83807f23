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
    """The audit events about answers."""
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
    [result] = record_pasted(session, vault=vault, pasted=f"{nik} BARU", actor=supervisor)

    assert result.verdict is Verdict.NOT_FOUND
    assert other.new_to_bpu is NewToBpu.UNKNOWN


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("{nik} BARU", NewToBpu.YES),
        ("{nik}\tbaru", NewToBpu.YES),
        ("{nik};PERNAH", NewToBpu.NO),
        (" {nik} , Sudah Pernah ;", NewToBpu.NO),
        ("{nik};BELUM PERNAH", NewToBpu.YES),
        ("{spaced} | BARU", NewToBpu.YES),
        ("21012345678 PERNAH", NewToBpu.NO),
    ],
)
def test_a_line_is_read_as_people_paste_it(
    session: Session, vault: Vault, worker: Worker, supervisor: User, line: str, answer: NewToBpu
) -> None:
    nik = invented_nik(4_711)
    spaced = f"{nik[:6]} {nik[6:12]} {nik[12:]}"

    pasted = "NIK\tJAWABAN\n\n" + line.format(nik=nik, spaced=spaced)
    [result] = record_pasted(session, vault=vault, pasted=pasted, actor=supervisor)

    assert (result.number, result.verdict) == (3, Verdict.RECORDED)
    assert worker.new_to_bpu is answer


@pytest.mark.parametrize(
    ("heading", "yes"),
    [
        ("NIK;PERNAH TERDAFTAR BPU?", NewToBpu.NO),
        ("NIK\tPernah terdaftar?", NewToBpu.NO),
        ("NIK;SUDAH TERDAFTAR", NewToBpu.NO),
        ("NIK;BELUM PERNAH TERDAFTAR?", NewToBpu.YES),
        ("NIK;Belum terdaftar", NewToBpu.YES),
        ("NIK\tBARU", NewToBpu.YES),
        ("NIK;PESERTA BARU?", NewToBpu.YES),
        ("NIK;Bukan peserta lama", NewToBpu.YES),
        ("NIK;TIDAK TERDAFTAR", NewToBpu.YES),
        ("NIK;BUKAN BARU", NewToBpu.NO),
        ("NIK;Tidak baru?", NewToBpu.NO),
        ("NIK;Bukan peserta baru", NewToBpu.NO),
        ("NIK;PESERTA LAMA?", NewToBpu.NO),
        ("NIK;TERDAFTAR BPU", NewToBpu.NO),
        ("NIK;BARU, BUKAN BARU?", None),
        ("NIK;STATUS BPJS", None),
        ("NIK;NAMA", None),
        ("NIK;BARU ATAU PERNAH?", None),
        ("", None),
    ],
)
def test_yes_and_no_answer_the_question_of_their_heading_and_nothing_without_one(
    session: Session,
    vault: Vault,
    worker: Worker,
    supervisor: User,
    heading: str,
    yes: NewToBpu | None,
) -> None:
    nik = invented_nik(4_711)
    opposite = {NewToBpu.YES: NewToBpu.NO, NewToBpu.NO: NewToBpu.YES}

    for word, answer in (("YA", yes), ("tidak", opposite[yes] if yes else None)):
        worker.new_to_bpu = NewToBpu.UNKNOWN
        pasted = f"{heading}\n{nik};{word}"
        [result] = record_pasted(session, vault=vault, pasted=pasted, actor=supervisor)

        assert result.verdict is (Verdict.RECORDED if answer else Verdict.AMBIGUOUS)
        assert worker.new_to_bpu is (answer or NewToBpu.UNKNOWN)


def test_lines_that_are_given_back_keep_the_heading_that_they_are_read_by() -> None:
    pasted = "Catatan\nNIK;PERNAH?\n6474 YA\n\n6475 YA\nNIK;BARU?\n6476 YA"
    refused = [
        bpjs_answers.Result(number=number, verdict=Verdict.NOT_FOUND, sentence="?")
        for number in (5, 7)
    ]

    kept = bpjs_answers.left_over(pasted, refused)

    assert [(result and result.number, line) for result, line in kept] == [
        (None, "Catatan"),
        (None, "NIK;PERNAH?"),
        (5, "6475 YA"),
        (None, "NIK;BARU?"),
        (7, "6476 YA"),
    ]
    assert bpjs_answers.left_over(pasted, []) == []


def test_a_number_that_was_read_wrongly_is_not_recorded(
    session: Session, vault: Vault, supervisor: User
) -> None:
    long = "6474015203850001" + ";" * 300 + "BARU"

    results = record_pasted(
        session, vault=vault, pasted=f"O201010101900001 BARU\n{long}", actor=supervisor
    )

    assert [result.verdict for result in results] == [Verdict.UNREADABLE] * 2


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
                f"{niks[0]} PERNAH",
                f"{niks[1]} BARU",
                f"{niks[2]} BARU",
                f"{worker.kpj} BARU",
                f"{niks[1]} mungkin",
                "6474012345 BARU",
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
        pasted=f"{nik} BARU\n{worker.kpj} PERNAH\n{invented_nik(5_009)} BARU",
        actor=supervisor,
    )

    verdicts = [result.verdict for result in results]
    assert verdicts == [Verdict.CONTRADICTED, Verdict.CONTRADICTED, Verdict.RECORDED]
    assert (worker.new_to_bpu, other.new_to_bpu) == (before, NewToBpu.YES)


def test_nothing_and_far_too_much_are_refused(
    session: Session, vault: Vault, supervisor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bpjs_answers, "MOST_LINES", 2)

    for pasted in ("", "NIK;BARU", "1 BARU\n2 BARU\n3 BARU"):
        with pytest.raises(Invalid):
            record_pasted(session, vault=vault, pasted=pasted, actor=supervisor)
