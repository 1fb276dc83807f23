"""The lists of sponsored workers that the city sent, with what was refused and repaired."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.demo.city.copying import next_id
from agentsys.demo.city.residents import Resident
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times, moment
from agentsys.rosters import layout, looking, storage
from agentsys.rosters.problems import PROBLEMS, Effect
from agentsys.workers import seals
from agentsys.workers.models import (
    Funding,
    Programmes,
    Roster,
    RosterChange,
    RosterCheck,
    RosterNote,
    RosterStatus,
    Worker,
)

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
_CHANGED = 12  # people whom the waiting list changes
_VILLAGE = """NO INDUK;NAMA PENERIMA;L/P;RT;PEKERJAAN
6474015203900101;Nur Aini;P;001;Penjahit
6474011508850102;Rahmat Hidayat;L;004;Nelayan
6474016107920103;Sri Wahyuni;P;002;Warung makan
"""


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


def write_waiting_lists(session: Session, vault: Vault, *, staff: Staff, times: Times) -> None:
    """Write a list that waits for a second person, and one that waits for its columns."""
    workers = session.scalars(
        select(Worker)
        .where(
            Worker.office_id == staff.main_id,
            Worker.roster_id.is_not(None),
            Worker.erased_at.is_(None),
            Worker.merged_into.is_(None),
        )
        .order_by(Worker.id)
        .limit(_CHANGED)
    ).all()
    if not workers:
        return
    _proposed(session, vault, workers, staff=staff, at=times.ago(hours=5))
    roster = _of_office(
        staff,
        filename="penerima desa.csv",
        sha256=hashlib.sha256(_VILLAGE.encode()).digest(),
        from_month=times.this_month,
        status=RosterStatus.UPLOADED,
        uploaded_at=times.ago(hours=2),
    )
    _keep_file(session, vault, roster, _VILLAGE)
    looking.note_columns(session, roster.id, layout.look(_VILLAGE.encode()))


def _keep_file(session: Session, vault: Vault, roster: Roster, content: str) -> None:
    session.add(roster)
    session.flush()
    storage.store(session, vault=vault, roster_id=roster.id, content=content.encode())


def _proposed(
    session: Session, vault: Vault, workers: Sequence[Worker], *, staff: Staff, at: datetime
) -> None:
    phones = {row: f"0811555{row:05}" for row in range(2, len(workers) + 2)}
    niks = [vault.open(worker.nik_sealed, seals.nik_of(worker.nik_index)) for worker in workers]
    lines = zip(niks, workers, phones.values(), strict=True)
    content = "NIK;NAMA;NO HP\n" + "".join(f"{nik};{w.name};{phone}\n" for nik, w, phone in lines)
    counts = {"accepted": len(workers), "changed": len(workers), "rejected": 0, "repaired": 0}
    roster = _of_office(
        staff,
        filename="perbaikan-nomor-hp.csv",
        sha256=hashlib.sha256(content.encode()).digest(),
        mapping={"NIK": "nik", "NAMA": "name", "NO HP": "phone"},
        from_month=at.date().replace(day=1),
        status=RosterStatus.PROPOSED,
        rows_total=len(workers),
        rows_done=len(workers),
        uploaded_at=at,
        proposed_by=staff.agents[0].supervisor_id,
        proposed_at=at + timedelta(minutes=9),
        **counts,
    )
    _keep_file(session, vault, roster, content)
    session.add(
        RosterCheck(
            roster_id=roster.id, checked_at=at, rows=len(workers), created=0, nobody=0, hidden=0,
            examples=[], **counts,
        )
    )  # fmt: skip
    session.add_all(
        RosterChange(
            roster_id=roster.id,
            worker_id=worker.id,
            sheet="CSV",  # as the reader names the only sheet of such a file
            row=row,
            before={"phone": worker.phone},
            after={"phone": f"+62{phones[row][1:]}"},
            enrols=False,
        )
        for row, worker in enumerate(workers, 2)
    )


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


def _of_office(staff: Staff, *, uploaded_at: datetime, **values: object) -> Roster:
    return Roster(
        uploaded_at=uploaded_at,
        as_of=uploaded_at.date(),
        office_id=staff.main_id,
        uploaded_by=staff.agents[0].supervisor_id,
        programmes=Programmes.TWO,
        funding=Funding.APBD,
        **values,
    )
