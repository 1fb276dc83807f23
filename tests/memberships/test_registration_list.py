"""BPJS' answers to registrations, pasted."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Invalid, NotFound
from agentsys.memberships import copy_sheet
from agentsys.memberships.registration_pasting import Verdict, record_pasted
from agentsys.people.models import Agent, RoleName, User
from agentsys.workers import seals
from agentsys.workers.kinds import EndReason, RegisteredHow, Registration
from agentsys.workers.models import Enrolment
from tests.factories import make_agent, make_user, make_worker, nik_of


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent of an office."""
    return make_agent(session)


@pytest.fixture
def clerk(session: Session, agent: Agent) -> User:
    """Somebody of finance of that office."""
    return make_user(session, RoleName.FINANCE, office_id=agent.office_id)


def test_each_line_registers_refuses_waits_or_says_what_is_wrong(
    session: Session, vault: Vault, agent: Agent, clerk: User
) -> None:
    workers = [make_worker(session, vault, agent=agent) for _ in range(6)]
    stranger = make_worker(session, vault, agent=make_agent(session))
    niks = [nik_of(vault, worker) for worker in workers]
    table = "\n".join(
        [
            "No\tNIK\tNama\tStatus\tNomor KPJ\tKeterangan\tTanggal",
            f"1\t{niks[0]}\tA\tTERDAFTAR\t21012345671\t\t20-11-2026",
            f"2\t{niks[1]}\tB\t\t2101 2345 672\t\t",
            f"3\t{niks[2]}\tC\tDitolak\t\tNama tidak sesuai KTP\t",
            f"4\t{niks[3]}\tD\tproses\t\t\t",
            f"5\t{niks[4]}\tE\tberhasil\t\t\t",
            f"6\t{niks[5]}\tF\tentah\t\t\t",
            f"7\t{nik_of(vault, stranger)}\tG\tTERDAFTAR\t21012345677\t\t",
            "8\t\tH\tTERDAFTAR\t21012345678\t\t",
            f"9\t{niks[5]}\tF\tTERDAFTAR\t21012345671\t\t",
        ]
    )

    outcomes = record_pasted(session, table, vault=vault, actor=clerk)

    assert [(row.number, row.verdict) for row in outcomes] == [
        (2, Verdict.REGISTERED),
        (3, Verdict.REGISTERED),
        (4, Verdict.REFUSED),
        (5, Verdict.WAITS),
        (6, Verdict.PROBLEM),
        (7, Verdict.PROBLEM),
        (8, Verdict.PROBLEM),
        (10, Verdict.PROBLEM),
    ]
    first, second, third = workers[:3]
    assert (first.kpj, first.registered_on) == ("21012345671", date(2026, 11, 20))
    assert first.registered_how is RegisteredHow.LIST
    assert second.kpj == "21012345672"
    assert (third.registration, third.registration_note) == (
        Registration.REFUSED,
        "Nama tidak sesuai KTP",
    )
    assert "pekerja lain" in str(outcomes[-1].sentence.sentence())


def test_a_refusal_without_a_reason_keeps_what_bpjs_wrote(
    session: Session, vault: Vault, agent: Agent, clerk: User
) -> None:
    worker = make_worker(session, vault, agent=agent)

    record_pasted(
        session, f"NIK;STATUS\n{nik_of(vault, worker)};Tidak valid", vault=vault, actor=clerk
    )

    assert worker.registration_note == "Tidak valid"


def test_a_table_without_its_titles_is_refused_with_those_that_it_needs(
    session: Session, vault: Vault, clerk: User
) -> None:
    with pytest.raises(Invalid, match="NIK, KPJ, STATUS"):
        record_pasted(session, "6474011203850001;21012345678", vault=vault, actor=clerk)


def test_the_sheet_for_the_portal_has_the_whole_numbers_and_reading_it_is_recorded(
    session: Session, vault: Vault, agent: Agent, clerk: User
) -> None:
    worker = make_worker(session, vault, agent=agent, birth_place="Bontang")
    worker.kk_sealed = vault.seal("6474010101010001", seals.kk_of(worker.nik_index))
    session.flush()

    [row] = copy_sheet.waiting_rows(session, vault=vault, actor=clerk)
    one = copy_sheet.one_row(session, worker_id=worker.id, vault=vault, actor=clerk)

    assert (row.nik, row.kk) == (nik_of(vault, worker), "6474010101010001")
    assert row == one
    events = session.execute(select(AuditEvent.action, AuditEvent.actor_id).order_by("id")).all()
    assert [tuple(event) for event in events] == [
        ("registration.exported", clerk.id),
        ("nik.revealed", clerk.id),
    ]


def test_who_is_registered_refused_elsewhere_or_no_member_is_not_on_the_sheet(
    session: Session, vault: Vault, agent: Agent, clerk: User
) -> None:
    refused = {"registration": Registration.REFUSED, "registration_note": "Nama berbeda"}
    make_worker(session, vault, agent=agent, **refused)
    make_worker(session, vault, agent=make_agent(session))
    left = make_worker(session, vault, agent=agent, enrolled_from=date(2026, 9, 1))
    enrolment = session.get_one(Enrolment, (left.id, date(2026, 9, 1)))
    enrolment.until_month, enrolment.end_reason = date(2026, 11, 1), EndReason.WISHED
    enrolment.ended_at = left.created_at
    session.flush()

    assert copy_sheet.waiting_rows(session, vault=vault, actor=clerk) == []
    with pytest.raises(NotFound):
        copy_sheet.one_row(session, worker_id=left.id, vault=vault, actor=clerk)
