"""Imports of rosters: each kind of error, repetitions, sheets, other offices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.demo.roster_damage import KINDS, Damage
from agentsys.rosters.importing import import_roster
from agentsys.workers.models import (
    Enrolment,
    Funding,
    Roster,
    RosterStatus,
    Worker,
)
from tests.factories import kk_of, make_office, nik_of
from tests.rosters.conftest import MONTH, TITLES, Import, person, sheet, workbook
from tests.rosters.imported import notes_of, only_worker

Damaged = Callable[[str], tuple[Path, list[Damage]]]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_every_planted_fault_has_its_planted_outcome(
    suffix: str, damaged_roster: Damaged, bring_in: Import, vault: Vault
) -> None:
    path, damages = damaged_roster(suffix)
    assert {damage.kind for damage in damages} == set(KINDS)

    roster = bring_in(path.read_bytes())

    assert roster.status is RosterStatus.DONE
    assert roster.rows_total == roster.rows_done == 2000
    noted = defaultdict(set)
    refused = set()
    for note in notes_of(roster):
        noted[note.row].add(note.problem)
        if note.rejected:
            refused.add(note.row)
    assert {d.row for d in damages if d.problem not in noted[d.row]} == set()
    assert set(noted) == {d.row for d in damages}
    assert refused == {d.row for d in damages if d.expected == "rejected"}
    assert roster.rejected == len(refused)
    assert roster.accepted == 2000 - len(refused)
    repeated = sum(d.kind == "duplicate_same" for d in damages)
    assert (roster.created, roster.unchanged) == (roster.accepted - repeated, repeated)
    assert roster.repaired == sum(d.expected == "repaired" for d in damages)
    stored = set(db.session.scalars(select(Worker.nik_index)))
    # No NIK may be stored that is not one of the real ones.
    assert {d.row for d in damages if d.expected != "rejected"} == {
        d.row for d in damages if d.expected != "rejected" and vault.index(d.truth) in stored
    }
    assert db.session.scalar(select(func.count()).select_from(Enrolment)) == roster.created


def test_the_whole_row_arrives_and_the_nik_only_sealed(bring_in: Import, vault: Vault) -> None:
    titles = [
        *("NO", "NIK", "NAMA LENGKAP", "NO KK", "TTL", "JENIS KELAMIN", "NO HP", "NAMA USAHA"),
        *("KATEGORI USAHA", "ALAMAT", "KELURAHAN", "KECAMATAN", "STATUS BPJS", "NOMOR KPJ"),
        *("KETERANGAN", "PENGHASILAN"),
    ]
    row = [1, "6474 0152 0380 0001", " Siti  AMINAH, S.Pd. ", "6474010101150009"]
    row += ["Bontang, 12 Maret 1980", "Wanita", "0812-3456-7890", r"Warung \N C:\tmp", "Ojek"]
    row += ["Jl. Ā No. 1\nRT 001", "Api Biru", "Selaras", "sesuai", "21012345678", "", "1,5jt"]

    roster = bring_in(workbook({"DAFTAR": [["JUDUL"], [], titles, row]}))

    worker = only_worker()
    assert (roster.created, roster.repaired) == (1, 1)
    assert nik_of(vault, worker) == "6474015203800001"
    assert worker.nik_index == vault.index("6474015203800001")
    assert worker.nik_masked == "6474••••••••0001"
    assert worker.kk_sealed is not None
    assert kk_of(vault, worker) == "6474010101150009"
    assert worker.name == "Siti AMINAH, S.Pd."
    assert (worker.birth_place, worker.birth_date) == ("Bontang", date(1980, 3, 12))
    assert (worker.sex, worker.phone, worker.income_idr) == ("P", "+6281234567890", 1_500_000)
    assert (worker.job, worker.sector, worker.business) == (
        "Ojek",
        "transport",
        r"Warung \N C:\tmp",
    )
    assert (worker.address, worker.kpj) == ("Jl. Ā No. 1 RT 001", "21012345678")
    assert (worker.kelurahan, worker.kecamatan) == ("Api Biru", "Selaras")
    enrolment = db.session.scalars(select(Enrolment)).one()
    assert (enrolment.worker_id, enrolment.from_month) == (worker.id, MONTH)
    assert (enrolment.funding, enrolment.until_month) == (Funding.APBD, None)


def test_the_same_file_again_changes_nothing(damaged_roster: Damaged, bring_in: Import) -> None:
    content = damaged_roster(".xlsx")[0].read_bytes()
    first = bring_in(content)
    before = db.session.execute(select(Worker.id, Worker.updated_at).order_by(Worker.id)).all()

    again = bring_in(content)

    assert again.id != first.id
    assert (again.created, again.changed) == (0, 0)
    assert again.unchanged == again.accepted == first.accepted
    assert again.rejected == first.rejected
    after = db.session.execute(select(Worker.id, Worker.updated_at).order_by(Worker.id)).all()
    assert before == after


def test_a_finished_roster_is_not_imported_twice(bring_in: Import, vault: Vault) -> None:
    roster = bring_in(sheet(person()))
    finished = roster.finished_at

    again = import_roster(vault=vault, roster_id=roster.id)

    assert (again.created, again.finished_at) == (1, finished)


def test_changed_cells_are_taken_over_and_empty_ones_erase_nothing(bring_in: Import) -> None:
    bring_in(sheet(person(1), person(2), person(3)))

    roster = bring_in(
        sheet(
            person(1, name="Andi Baso Rahman"),
            person(2, phone=""),
            person(3, phone="0813-1111-2222"),
        )
    )

    assert (roster.created, roster.changed, roster.unchanged) == (0, 2, 1)
    phones = db.session.scalars(select(Worker.phone).order_by(Worker.nik_masked)).all()
    assert phones == ["+6281234567890", "+6281234567890", "+6281311112222"]


def test_a_changed_family_card_is_noticed_although_it_is_sealed(
    bring_in: Import, vault: Vault
) -> None:
    def with_card(card: str) -> bytes:
        return workbook({"A": [[*TITLES, "NO KK"], [*person(), card]]})

    bring_in(with_card("6474010101150001"))

    same = bring_in(with_card("6474010101150001"))
    other = bring_in(with_card("6474010101150002"))
    none = bring_in(with_card(""))

    assert [r.changed for r in (same, other, none)] == [0, 1, 0]
    assert kk_of(vault, only_worker()) == "6474010101150002"


def test_another_birth_date_than_the_registered_one_is_pointed_out_and_not_taken(
    bring_in: Import,
) -> None:
    bring_in(sheet(person()))

    roster = bring_in(sheet(person(ttl="Selaras, 13-03-1980")))

    assert (roster.changed, roster.unchanged) == (0, 1)
    assert only_worker().birth_date == date(1980, 3, 12)
    assert {n.problem for n in notes_of(roster)} == {
        "birth_date_differs",
        "birth_date_on_file_differs",
    }


def test_a_worker_of_another_office_is_refused_without_a_word_about_which(
    bring_in: Import,
) -> None:
    with transaction() as session:
        other = make_office(session, name="Kantor Rahasia").id
    bring_in(sheet(person(1)), office_id=other)

    roster = bring_in(sheet(person(1, name="Direbut"), person(2), person(1, name="Direbut")))

    assert (roster.created, roster.accepted, roster.rejected) == (1, 1, 2)
    refused = [note for note in notes_of(roster) if note.rejected]
    assert {(note.row, note.problem) for note in refused} == {
        (2, "other_office"),
        (4, "other_office"),
    }
    assert all("Rahasia" not in note.advice for note in refused)
    assert "Direbut" not in set(db.session.scalars(select(Worker.name)))


def test_a_list_over_the_limit_is_refused_whole_with_advice(bring_in: Import) -> None:
    roster = bring_in(sheet(*(person(serial) for serial in range(1, 12))), row_limit=10)

    assert roster.status is RosterStatus.FAILED
    assert "CSV" in roster.error
    assert db.session.scalar(select(func.count()).select_from(Worker)) == 0


def test_progress_reaches_the_end_and_is_visible_from_outside(bring_in: Import) -> None:
    seen = []

    def watch(done: int, total: int, phase: str) -> None:
        with db.engine.connect() as outside:
            seen.append((phase, done, outside.scalar(select(Roster.rows_done))))

    bring_in(sheet(*(person(serial) for serial in range(1, 4500))), progress=watch)

    assert ("saving", 1000, 1000) in seen
    assert seen[-1] == ("done", 4499, 4499)


def test_the_import_is_in_the_trail_with_its_figures(bring_in: Import) -> None:
    roster = bring_in(sheet(person()))

    events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()

    assert [event.action for event in events] == ["roster.uploaded", "roster.imported"]
    assert events[1].subject == f"roster:{roster.id}"
    assert events[1].details["created"] == 1
