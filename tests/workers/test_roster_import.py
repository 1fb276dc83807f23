"""Imports of rosters: each kind of error, repetitions, sheets, other offices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.db import db, transaction
from agentsys.demo.roster_damage import KINDS, Damage
from agentsys.errors import Conflict, Forbidden
from agentsys.people.models import AgentStatus, RoleName
from agentsys.workers.models import (
    Assignment,
    Enrolment,
    Funding,
    Programmes,
    Roster,
    RosterNote,
    RosterStatus,
    Worker,
)
from agentsys.workers.roster import import_roster, store_upload
from tests.factories import kk_of, make_agent, make_office, make_user, nik_of
from tests.workers.conftest import MONTH, TITLES, Import, person, sheet, workbook

Damaged = Callable[[str], tuple[Path, list[Damage]]]


def _notes(roster: Roster) -> list[RosterNote]:
    return list(
        db.session.scalars(
            select(RosterNote).where(RosterNote.roster_id == roster.id).order_by(RosterNote.number)
        )
    )


def _only_worker() -> Worker:
    return db.session.scalars(select(Worker)).one()


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
    for note in _notes(roster):
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

    worker = _only_worker()
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
    assert kk_of(vault, _only_worker()) == "6474010101150002"


def test_another_birth_date_than_the_registered_one_is_pointed_out_and_not_taken(
    bring_in: Import,
) -> None:
    bring_in(sheet(person()))

    roster = bring_in(sheet(person(ttl="Selaras, 13-03-1980")))

    assert (roster.changed, roster.unchanged) == (0, 1)
    assert _only_worker().birth_date == date(1980, 3, 12)
    assert {n.problem for n in _notes(roster)} == {
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
    refused = [note for note in _notes(roster) if note.rejected]
    assert {(note.row, note.problem) for note in refused} == {
        (2, "other_office"),
        (4, "other_office"),
    }
    assert all("Rahasia" not in note.advice for note in refused)
    assert "Direbut" not in set(db.session.scalars(select(Worker.name)))


def test_a_roster_with_an_agent_assigns_its_workers_and_takes_none_from_colleagues(
    bring_in: Import, office_id: int
) -> None:
    with transaction() as session:
        mine = make_agent(session, office_id=office_id).id
        colleague = make_agent(session, office_id=office_id).id
    bring_in(sheet(person(1)), agent_id=colleague)
    bring_in(sheet(person(2)))

    roster = bring_in(sheet(person(1), person(2), person(3)), agent_id=mine)

    assert (roster.created, roster.changed, roster.unchanged) == (1, 1, 1)
    owners = db.session.scalars(select(Worker.agent_id).order_by(Worker.nik_masked)).all()
    assert owners == [colleague, mine, mine]
    assigned = db.session.execute(
        select(Worker.agent_id, Assignment.agent_id)
        .join(Assignment, Assignment.worker_id == Worker.id)
        .where(Assignment.until_month.is_(None))
    ).all()
    assert len(assigned) == 3
    assert all(ours == theirs for ours, theirs in assigned)
    assert [n.problem for n in _notes(roster)] == ["other_agent"]


def test_a_supervisors_list_changes_nobody_of_another_team(
    bring_in: Import, office_id: int
) -> None:
    with transaction() as session:
        mine = make_agent(session, office_id=office_id)
        mate = make_agent(session, office_id=office_id, supervisor_id=mine.supervisor_id)
        other = make_agent(session, office_id=office_id)
        ids, supervisor = (mine.id, mate.id, other.id), mine.supervisor_id
    for serial, agent_id in enumerate((*ids, None), start=1):
        bring_in(sheet(person(serial)), agent_id=agent_id)
    people = [person(serial, phone="0813-1111-2222") for serial in (1, 2, 3, 4, 3)]

    roster = bring_in(sheet(*people), agent_id=ids[0], actor_id=supervisor)

    assert (roster.changed, roster.accepted, roster.rejected) == (3, 3, 2)
    phones = db.session.scalars(select(Worker.phone).order_by(Worker.nik_masked)).all()
    new, old = "+6281311112222", "+6281234567890"
    assert phones == [new, new, old, new]
    noted = [(note.row, note.problem) for note in _notes(roster) if note.rejected]
    assert noted == [(6, "other_team"), (4, "other_team")]


@pytest.mark.parametrize("role", [RoleName.ADMIN, None])
def test_a_list_of_an_admin_or_an_operator_changes_workers_of_every_team(
    role: RoleName | None, bring_in: Import, office_id: int
) -> None:
    with transaction() as session:
        agent_id = make_agent(session, office_id=office_id).id
        actor_id = make_user(session, role, office_id=office_id).id if role else None
    bring_in(sheet(person(1)), agent_id=agent_id)

    roster = bring_in(sheet(person(1, phone="0813-1111-2222")), actor_id=actor_id)

    assert (roster.changed, roster.rejected) == (1, 0)


def test_a_list_for_an_agent_who_is_not_active_is_refused(bring_in: Import, office_id: int) -> None:
    with transaction() as session:
        agent = make_agent(session, office_id=office_id, status=AgentStatus.SUSPENDED)
        agent_id = agent.id

    with pytest.raises(Forbidden, match="tidak aktif"):
        bring_in(sheet(person()), agent_id=agent_id)


def test_a_list_that_comes_in_for_another_agent_is_not_taken_over(
    installed: Flask, office_id: int, vault: Vault
) -> None:
    with transaction() as session:
        agents = [make_agent(session, office_id=office_id).id for _ in range(2)]

    def send(agent_id: int) -> None:
        with transaction() as session:
            store_upload(
                session,
                vault=vault,
                office_id=office_id,
                agent_id=agent_id,
                filename="daftar.xlsx",
                content=b"NIK;NAMA",
                programmes=Programmes.TWO,
                funding=Funding.APBD,
                from_month=MONTH,
                actor_id=None,
            )

    send(agents[0])

    with pytest.raises(Conflict, match="agen lain"):
        send(agents[1])


@pytest.mark.parametrize(
    "changed",
    [
        {"programmes": Programmes.THREE},
        {"funding": Funding.SELF},
        {"from_month": date(2026, 12, 1)},
    ],
)
def test_a_list_that_comes_in_with_another_membership_is_not_taken_for_the_same(
    changed: dict[str, object], installed: Flask, office_id: int, vault: Vault
) -> None:
    def send(**membership: object) -> int:
        usual = {"programmes": Programmes.TWO, "funding": Funding.APBD, "from_month": MONTH}
        with transaction() as session:
            return store_upload(
                session,
                vault=vault,
                office_id=office_id,
                agent_id=None,
                filename="daftar.xlsx",
                content=b"NIK;NAMA",
                actor_id=None,
                **(usual | membership),  # type: ignore[arg-type]
            ).id

    first = send()
    assert send() == first

    with pytest.raises(Conflict, match="bulan mulai yang lain"):
        send(**changed)


def test_an_enrolment_that_runs_is_kept_and_pointed_out(bring_in: Import) -> None:
    bring_in(sheet(person()), funding=Funding.CSR)

    roster = bring_in(sheet(person()), funding=Funding.APBD)

    assert roster.unchanged == 1
    assert [n.problem for n in _notes(roster)] == ["enrolled_otherwise"]
    assert db.session.scalars(select(Enrolment.funding)).all() == [Funding.CSR]


def test_an_enrolment_that_begins_after_the_list_does_is_pointed_out(bring_in: Import) -> None:
    bring_in(sheet(person()), from_month=date(2026, 12, 1))

    earlier = bring_in(sheet(person()), from_month=MONTH)
    same = bring_in(sheet(person()), from_month=date(2026, 12, 1))
    later = bring_in(sheet(person()), from_month=date(2027, 1, 1))

    assert [n.problem for n in _notes(earlier)] == ["enrolled_otherwise"]
    assert _notes(same) == _notes(later) == []
    assert db.session.scalars(select(Enrolment.from_month)).all() == [date(2026, 12, 1)]


def test_somebody_whose_membership_ended_is_enrolled_again(bring_in: Import) -> None:
    bring_in(sheet(person()), from_month=date(2026, 1, 1))
    with transaction() as session:
        session.scalars(select(Enrolment)).one().until_month = date(2026, 6, 1)

    roster = bring_in(sheet(person()))

    assert (roster.created, roster.changed, roster.unchanged) == (0, 1, 0)
    months = db.session.scalars(select(Enrolment.from_month).order_by(Enrolment.from_month)).all()
    assert months == [date(2026, 1, 1), MONTH]


def test_two_sheets_are_one_roster_and_repetitions_are_found_across_them(
    bring_in: Import,
) -> None:
    content = workbook(
        {
            "PETUNJUK": [["Isi lembar berikut"]],
            "Api Biru": [["KELURAHAN API BIRU"], TITLES, person(1), person(2)],
            "Lok Mawar": [TITLES, person(2), person(3), person(1, name="Lain Orang")],
            "kosong": [],
        }
    )

    roster = bring_in(content)

    assert (roster.rows_total, roster.created, roster.unchanged, roster.rejected) == (5, 3, 1, 1)
    notes = {(n.sheet, n.row, n.problem) for n in _notes(roster)}
    assert notes == {
        ("PETUNJUK", 1, "sheet_ignored"),
        ("Lok Mawar", 2, "duplicate_same"),
        ("Lok Mawar", 4, "duplicate_differs"),
    }
    where = {n.problem: n.shown for n in _notes(roster)}["duplicate_differs"]
    assert where == "6474••••••••0001 (Api Biru, baris 3)"


def test_blank_rows_totals_and_signatures_are_no_data(bring_in: Import) -> None:
    numbers, unused, signature = [1, 2, 3, 4, 5, 6], [2, "", ""], ["", "", "", "Lurah"]
    content = workbook({"A": [TITLES, numbers, person(1), [], unused, person(3), signature]})

    roster = bring_in(content)

    assert (roster.rows_total, roster.created) == (2, 2)


def test_a_row_of_somebody_without_nik_and_name_is_refused_and_not_left_out(
    bring_in: Import,
) -> None:
    dated = ["", "", "", "Bontang, 12 November 2026", "", ""]

    roster = bring_in(sheet(person(1), person(2, nik="", name=" "), dated))

    assert (roster.rows_total, roster.accepted, roster.rejected) == (2, 1, 1)
    problems = {(n.row, n.problem) for n in _notes(roster)}
    assert problems == {(3, "nik_missing"), (3, "name_missing")}


@pytest.mark.parametrize("titles", [["TTL", "TANGGAL"], ["ALAMAT", "TGL"]])
def test_a_column_of_dates_that_are_no_births_is_not_taken_for_births(
    titles: list[str], bring_in: Import
) -> None:
    row = ["6474011203800001", "Andi", "Selaras, 12-03-1980", "20-11-2026"]

    roster = bring_in(workbook({"A": [["NIK", "NAMA", *titles], row]}))

    assert roster.created == 1
    assert _only_worker().birth_date == date(1980, 3, 12)
    assert _notes(roster) == []


def test_a_phone_that_was_left_out_comes_in_as_its_note_says(bring_in: Import) -> None:
    [note] = _notes(bring_in(sheet(person(phone="0548-21123"))))
    assert (note.problem, note.advice[-26:]) == ("phone_dropped", "lalu unggah lagi barisnya.")
    assert _only_worker().phone == ""

    again = bring_in(sheet(person()))

    db.session.expire_all()
    assert (again.changed, _only_worker().phone) == (1, "+6281234567890")


def test_notes_never_show_a_whole_nik(damaged_roster: Damaged, bring_in: Import) -> None:
    path, damages = damaged_roster(".xlsx")

    roster = bring_in(path.read_bytes())

    shown = "\n".join(note.shown for note in _notes(roster))
    assert not any(damage.truth in shown or damage.truth[:12] in shown for damage in damages)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"phone": "6474 0112 0380 0002"}, "phone_dropped"),
        ({"name": "6474011203800002"}, "name_unreadable"),
        ({"name": "=6474.0112.0380.0002 Andi"}, "name_repaired"),
        ({"ttl": "Bontang, 6474011203800002"}, "birth_date_unreadable"),
        ({"phone": "x" * 110 + "6474011203800002"}, "phone_dropped"),
    ],
)
def test_a_nik_in_another_column_is_masked_in_its_note(
    changed: dict[str, object], problem: str, bring_in: Import
) -> None:
    roster = bring_in(sheet(person(1, **changed)))

    (shown,) = {note.shown for note in _notes(roster) if note.problem == problem}
    assert "6474••••" in shown
    assert "0112" not in shown


def test_the_database_takes_no_note_with_a_whole_nik(bring_in: Import) -> None:
    roster = bring_in(sheet(person(1, phone="rumah")))
    (note,) = _notes(roster)

    note.shown = "rumah 6474 0112 0380 0002"

    with pytest.raises(IntegrityError, match="shown_holds_no_nik"):
        db.session.flush()
    db.session.rollback()


def test_many_niks_that_end_in_zero_are_pointed_out(bring_in: Import) -> None:
    suspicious = sheet(*(person(10 * serial) for serial in range(1, 41)))
    ordinary = sheet(*(person(serial) for serial in range(1, 41)))

    flagged = bring_in(suspicious)
    plain = bring_in(ordinary)

    assert [n.problem for n in _notes(flagged)] == ["niks_end_in_zero"]
    assert _notes(plain) == []


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
