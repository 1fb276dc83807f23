"""The lists of sponsored workers that the city sent, with what was refused and repaired."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agentsys.demo.city.copying import next_id
from agentsys.demo.city.residents import Resident
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times, moment
from agentsys.rosters.problems import PROBLEMS, Effect
from agentsys.workers.models import Funding, Programmes, Roster, RosterNote, RosterStatus

# Column, problem, what the cell looked like.
_FOUND = (
    ("NIK", "nik_is_number", "6,47402E+15"),
    ("NIK", "nik_length", "6474•••••••0012"),
    ("NIK", "nik_date", "6474••••••••0007"),
    ("NIK", "duplicate_differs", "6474••••••••0031"),
    ("NAMA LENGKAP", "name_missing", ""),
    ("NIK", "nik_missing", ""),
    ("NIK", "nik_repaired", "6474••••••••0044"),
    ("NO HP", "phone_lost_zero", "812••••0055"),
    ("TTL", "birth_date_from_nik", ""),
    ("JENIS KELAMIN", "sex_from_nik", "?"),
)
_SHEET = "DATA"


def write_rosters(session: Session, people: list[Resident], *, staff: Staff, times: Times) -> None:
    """Write the lists that the sponsored workers came with, and one that could not be read."""
    sponsored = [person for person in people if person.funding is Funding.APBD]
    first_month, later = times.months[0], times.months[len(times.months) // 2]
    first = [person for person in sponsored if person.from_month == first_month]
    second = [person for person in sponsored if person.from_month != first_month]
    number = next_id(session, "rosters")
    started = moment(first_month, 1, 9 * 60) - timedelta(days=9)
    if first:
        _import(session, number, first, staff=staff, at=started)
    if second:
        added = min(moment(later, 3, 10 * 60), times.ago(hours=4))
        for person in second:
            person.from_month = later
        _import(session, number + 1, second, staff=staff, at=added)
    _unreadable(session, number + 2, times, staff)
    session.flush()


def _import(
    session: Session, number: int, people: list[Resident], *, staff: Staff, at: datetime
) -> None:
    """One list, imported; its people are enrolled from the first one's month on."""
    month = people[0].from_month
    notes = [(column, problem, shown) for column, problem, shown in _FOUND]
    refused = sum(PROBLEMS[problem].effect is Effect.REFUSED for _, problem, _ in notes)
    session.add(
        _of_office(
            staff,
            id=number,
            filename=f"pekerja-rentan-{month:%Y-%m}.xlsx",
            sha256=hashlib.sha256(f"demo:{number}".encode()).digest(),
            from_month=month,
            status=RosterStatus.DONE,
            rows_total=len(people) + refused,
            rows_done=len(people) + refused,
            accepted=len(people),
            rejected=refused,
            repaired=len(notes) - refused,
            created=len(people),
            uploaded_at=at,
            finished_at=at + timedelta(seconds=4),
        )
    )
    session.flush()
    step = max(1, len(people) // (len(notes) + 1))
    session.add_all(
        RosterNote(
            roster_id=number,
            number=nth,
            rejected=PROBLEMS[problem].effect is Effect.REFUSED,
            sheet=_SHEET,
            row=7 + nth * step,
            column=column,
            problem=problem,
            shown=shown,
            advice=PROBLEMS[problem].advice,
        )
        for nth, (column, problem, shown) in enumerate(notes, 1)
    )
    for person in people:
        person.roster_id, person.created_at = number, at


def _unreadable(session: Session, number: int, times: Times, staff: Staff) -> None:
    at = times.ago(days=1, hours=3)
    session.add(
        _of_office(
            staff,
            id=number,
            filename="daftar baru (2).xlsx",
            sha256=hashlib.sha256(b"demo:unreadable").digest(),
            from_month=times.this_month,
            status=RosterStatus.FAILED,
            error="Kolom NIK tidak ditemukan di 20 baris pertama. Beri judul kolom NIK dan NAMA"
            " LENGKAP, lalu unggah lagi.",
            uploaded_at=at,
            finished_at=at + timedelta(seconds=1),
        )
    )


def _of_office(staff: Staff, **values: object) -> Roster:
    return Roster(
        office_id=staff.main_id,
        uploaded_by=staff.agents[0].supervisor_id,
        programmes=Programmes.TWO,
        funding=Funding.APBD,
        **values,
    )
