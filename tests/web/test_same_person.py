"""The pages about workers who may be one person."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.duplicates import deciding, finding
from agentsys.duplicates.models import DuplicatePair, PairState
from agentsys.people.models import RoleName, User
from agentsys.workers.models import Worker
from tests.factories import invented_nik, make_agent, make_office, make_user, make_worker


@pytest.fixture
def pair(session: Session, vault: Vault) -> DuplicatePair:
    """Two workers of one agent with the same name and birth date."""
    agent = make_agent(session)
    one, _other = (
        make_worker(session, vault, agent=agent, name="Siti Aminah", nik=invented_nik(number))
        for number in (7001, 2002)
    )
    finding.check(session, vault=vault, worker_ids=[one.id])
    return session.scalars(select(DuplicatePair)).one()


@pytest.fixture
def boss(session: Session, pair: DuplicatePair) -> User:
    """The supervisor of their agent."""
    worker = session.get_one(Worker, pair.first_id)
    assert worker.agent is not None
    return session.get_one(User, worker.agent.supervisor_id)


def test_a_supervisor_compares_both_and_says_that_they_are_two_persons(
    session: Session, visit, pair: DuplicatePair, boss: User
) -> None:
    visitor = visit(boss)
    listed = visitor.get("/kantor/pekerja/orang-sama/").get_data(as_text=True)
    assert "60/100" in listed
    assert "Nama sama, Tanggal lahir sama" in listed

    page = visitor.get(f"/kantor/pekerja/orang-sama/{pair.id}").get_data(as_text=True)
    assert "6474••••••••7002" in page
    assert "6474••••••••2003" in page
    assert invented_nik(7001) not in page

    empty = visitor.submit(f"/kantor/pekerja/orang-sama/{pair.id}", action="different", note=" ")
    assert empty.status_code == 422
    assert "Tulis bagaimana Anda tahu" in empty.get_data(as_text=True)
    answer = visitor.submit(
        f"/kantor/pekerja/orang-sama/{pair.id}",
        action="different",
        note="Dua KTP dilihat",
        follow_redirects=True,
    )

    assert "Dicatat: dua orang berbeda" in answer.get_data(as_text=True)
    assert "Tidak ada pasangan di sini" in answer.get_data(as_text=True)
    timeline = visitor.get(f"/kantor/pekerja/{pair.second_id}").get_data(as_text=True)
    assert f"Bukan orang yang sama dengan pekerja nomor {pair.first_id}: Dua KTP dilihat" in (
        timeline
    )
    again = visitor.submit(f"/kantor/pekerja/orang-sama/{pair.id}", action="look_again")
    assert again.status_code == 302
    assert pair.state is PairState.OPEN


def test_a_decision_that_somebody_else_made_meanwhile_says_so(
    session: Session, visit, pair: DuplicatePair, boss: User
) -> None:
    deciding.call_different(session, pair_id=pair.id, reason="Dua KTP", actor_id=boss.id)

    answer = visit(boss).submit(
        f"/kantor/pekerja/orang-sama/{pair.id}", action="different", note="Sama"
    )

    assert answer.status_code == 422
    assert "Orang lain sudah memutuskan pasangan ini" in answer.get_data(as_text=True)


def test_of_a_worker_in_another_office_only_the_office_is_shown(
    session: Session, vault: Vault, visit, pair: DuplicatePair, boss: User
) -> None:
    elsewhere = make_office(session, name="Kantor Jauh")
    agent = make_agent(session, office_id=elsewhere.id)
    far = make_worker(
        session, vault, agent=agent, name="Siti Aminah", nik=invented_nik(4444), kpj="777001"
    )
    finding.check(session, vault=vault, worker_ids=[far.id])
    across = session.scalars(
        select(DuplicatePair).where(
            DuplicatePair.second_id == far.id, DuplicatePair.first_id == pair.first_id
        )
    ).one()
    path = f"/kantor/pekerja/orang-sama/{across.id}"
    page = visit(boss).get(path).get_data(as_text=True)

    assert "Pekerja di Kantor Jauh" in page
    assert "777001" not in page
    assert visit(boss).submit(path, action="different", note="x").status_code == 403
    admin = make_user(session, RoleName.ADMIN)
    shown = visit(admin).get(path).get_data(as_text=True)
    assert "777001" in shown
    assert visit(admin).submit(path, action="different", note="Dua KTP").status_code == 302


def test_the_supervisor_of_other_agents_and_another_office_find_nothing(
    session: Session, visit, pair: DuplicatePair
) -> None:
    worker = session.get_one(Worker, pair.first_id)
    other_boss = make_user(session, office_id=worker.office_id)
    stranger = make_user(session, RoleName.FINANCE, office_id=make_office(session).id)

    for person in (other_boss, stranger):
        path = f"/kantor/pekerja/orang-sama/{pair.id}"
        assert visit(person).get(path).status_code == 404
        assert visit(person).submit(path, action="different", note="x").status_code == 404
        listed = visit(person).get("/kantor/pekerja/orang-sama/").get_data(as_text=True)
        assert "Tidak ada pasangan di sini" in listed


def test_the_workers_pages_say_that_there_may_be_two(
    session: Session, visit, pair: DuplicatePair, boss: User
) -> None:
    office = visit(boss).get(f"/kantor/pekerja/{pair.first_id}").get_data(as_text=True)
    assert "Mungkin orang yang sama dengan Siti Aminah. Alasan: Nama sama" in office
    worker = session.get_one(Worker, pair.first_id)
    assert worker.agent is not None
    agent = session.get_one(User, worker.agent.user_id)

    own = visit(agent).get(f"/pekerja/{pair.first_id}").get_data(as_text=True)

    assert "Orang ini mungkin tercatat dua kali" in own


def test_a_nik_of_somebody_else_makes_a_pair_and_tells_nobody_who_it_is(
    session: Session, visit, pair: DuplicatePair, boss: User
) -> None:
    session.delete(pair)
    answer = visit(boss).submit(
        f"/kantor/pekerja/{pair.first_id}/usul",
        **{
            "usul-nik": invented_nik(2002),
            "usul-name": "Siti Aminah",
            "usul-birth_date": "1985-03-12",
            "usul-sex": "L",
            "usul-sector": "other",
            "usul-income_idr": "1.000.000",
            "usul-programmes": "JKK+JKM",
            "usul-funding": "self",
            "usul-from_month": f"{session.get_one(Worker, pair.first_id).created_at:%Y-%m}",
            "usul-reason": "Salah ketik",
            "step": "look",
        },
    )

    assert answer.status_code == 422
    assert "NIK itu sudah milik pekerja lain" in answer.get_data(as_text=True)
    made = session.scalars(select(DuplicatePair)).one()
    assert (made.score, list(made.reasons)) == (100, ["same_nik"])


def test_the_enrolment_form_warns_of_a_name_and_birth_date_under_another_nik(
    session: Session, visit, pair: DuplicatePair
) -> None:
    worker = session.get_one(Worker, pair.first_id)
    assert worker.agent is not None
    agent = session.get_one(User, worker.agent.user_id)
    typed = {
        "nik": invented_nik(5005),
        "name": "Siti Aminahh",
        "birth_date": "1985-03-12",
        "sex": "L",
        "job": "Pedagang",
        "kelurahan": "Api-Api",
        "sector": "other",
        "work": "own",
        "income_idr": "1.500.000",
        "programmes": "JKK+JKM",
        "consent": "y",
        "attestation": "y",
    }
    warned = visit(agent).submit("/daftarkan", **typed)
    assert warned.status_code == 422
    assert "sudah tercatat di kantor ini dengan NIK lain" in warned.get_data(as_text=True)

    stored = visit(agent).submit("/daftarkan", **typed, confirm_warnings="y")

    assert stored.status_code == 302
    assert len(session.scalars(select(DuplicatePair)).all()) == 3
