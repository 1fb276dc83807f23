"""Hand-overs on the screen: from a worker's or an agent's page, preview, carry out, undo."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.handovers.models import Handover, HandoverState
from agentsys.people.models import RoleName, User
from tests.factories import make_agent, make_contribution, make_office, make_user, make_worker
from tests.handovers.steps import OCTOBER, Two
from tests.memberships.steps import take_cash


@pytest.fixture
def two(session: Session, vault: Vault) -> Two:
    """Two agents of one office, and a worker of the first."""
    return Two.build(session, vault)


@pytest.fixture
def boss(two: Two) -> User:
    """The supervisor of the old agent."""
    assert two.old.supervisor is not None
    return two.old.supervisor


def _send(visitor, two: Two, where: str, **changed: object):
    fields = {
        "to_agents": str(two.new.id),
        "division": "equal",
        "from_month": f"{clock.this_month():%Y-%m}",
        "reason": "Agen berhenti",
    }
    return visitor.submit(where, **(fields | changed), follow_redirects=True)


def test_one_worker_moves_from_the_worker_s_page(session, visit, two: Two, boss: User) -> None:
    visitor = visit(boss)
    page = visitor.get(f"/kantor/pekerja/{two.worker.id}").get_data(as_text=True)
    assert "Pindahkan ke agen lain" in page
    form = f"/pembina/tim/{two.old.id}/serah-terima?pekerja={two.worker.id}"
    assert form in page

    draft = _send(visitor, two, form).get_data(as_text=True)
    assert "Ajukan ke orang kedua" in draft
    assert "Rp33.600, ikut ke agen baru" in draft
    made = session.query(Handover).one()
    asked = visitor.submit(f"/pembina/serah-terima/{made.id}/ajukan", follow_redirects=True)
    assert "Penyelia lain atau admin kantor Anda memutuskannya" in asked.get_data(as_text=True)
    other = make_user(session, RoleName.SUPERVISOR, office_id=two.old.office_id)
    page = visit(other).get(f"/pembina/serah-terima/{made.id}").get_data(as_text=True)
    assert "Setujui" in page
    visit(other).submit(f"/pembina/serah-terima/{made.id}/terima")

    session.expire_all()
    assert made.state is HandoverState.DONE
    assert two.worker.agent_id == two.new.id


def test_the_timeline_says_from_whom_to_whom_and_why(session, visit, two: Two) -> None:
    two.hand_over()
    reader = make_user(session, RoleName.AUDITOR, office_id=two.old.office_id)

    page = visit(reader).get(f"/kantor/pekerja/{two.worker.id}").get_data(as_text=True)

    assert "Pindah dari Rina Wati ke Budi Santoso mulai" in page
    assert "Agen berhenti" in page
    assert "Pindahkan ke agen lain" not in page


def test_the_preview_names_cash_and_paid_months(session, visit, two: Two, boss: User) -> None:
    take_cash(session, two.worker, [OCTOBER])
    number = two.draft()

    page = visit(boss).get(f"/pembina/serah-terima/{number}").get_data(as_text=True)

    assert "tetap disetor agen lama" in page
    assert re.search(r"1 · Rp16\.800", page)
    assert "dapat dibaca dengan dua cara" in page


def test_a_portfolio_is_handed_over_by_kelurahan(session, visit, two: Two, boss: User) -> None:
    two.worker.kelurahan = "Guntung"
    other = make_worker(session, two.vault, agent=two.old, kelurahan="Loktuan")
    make_contribution(session, other)
    visitor = visit(boss)

    page = visitor.get(f"/pembina/tim/{two.old.id}").get_data(as_text=True)
    assert "Serahkan pekerja" in page
    _send(visitor, two, f"/pembina/tim/{two.old.id}/serah-terima", kelurahan="Loktuan")

    made = session.query(Handover).one()
    assert made.workers == 1
    assert made.state is HandoverState.DRAFT


def test_what_is_wrong_is_said_at_its_field(visit, two: Two, boss: User) -> None:
    where = f"/pembina/tim/{two.old.id}/serah-terima"
    visitor = visit(boss)

    nobody = _send(visitor, two, where, to_agents=[], reason="Pindah rumah")
    unknown = _send(visitor, two, where, codes="TIDAKADA")

    assert nobody.status_code == unknown.status_code == 422
    assert "Pilih 1 sampai 20 agen penerima." in nobody.get_data(as_text=True)
    assert "Pindah rumah" in nobody.get_data(as_text=True)
    assert "Tidak ada agen aktif dengan kode TIDAKADA" in unknown.get_data(as_text=True)


def test_undoing_on_the_screen(session, visit, two: Two, boss: User) -> None:
    made = two.hand_over()

    answer = visit(boss).submit(
        f"/pembina/serah-terima/{made.id}/batalkan", reason="Salah agen", follow_redirects=True
    )

    assert "Semua kembali seperti semula." in answer.get_data(as_text=True)
    session.expire_all()
    assert two.worker.agent_id == two.old.id


def test_a_refused_undoing_keeps_the_reason(session, visit, two: Two, boss: User) -> None:
    made = two.hand_over()
    take_cash(session, two.worker, [OCTOBER])

    answer = visit(boss).submit(f"/pembina/serah-terima/{made.id}/batalkan", reason="Salah agen")

    assert answer.status_code == 422
    assert "sudah membayar kepada agen barunya" in answer.get_data(as_text=True)
    assert "Salah agen" in answer.get_data(as_text=True)


def test_the_supervisor_of_another_team_neither_sees_nor_makes_it(session, visit, two: Two) -> None:
    number = two.draft()
    stranger = make_user(session, RoleName.SUPERVISOR, office_id=two.old.office_id)
    elsewhere = make_user(session, RoleName.ADMIN, office_id=make_office(session).id)

    for person in (stranger, elsewhere):
        visitor = visit(person)
        assert visitor.get(f"/pembina/serah-terima/{number}").status_code == 404
        assert visitor.submit(f"/pembina/serah-terima/{number}/jalankan").status_code == 404
        assert visitor.get(f"/pembina/tim/{two.old.id}/serah-terima").status_code == 404


def test_who_receives_workers_in_the_team_reads_it_but_does_not_carry_it_out(
    session, visit, two: Two
) -> None:
    made = two.hand_over()
    assert two.new.supervisor is not None
    visitor = visit(two.new.supervisor)

    assert visitor.get(f"/pembina/serah-terima/{made.id}").status_code == 200
    assert (
        visitor.submit(f"/pembina/serah-terima/{made.id}/batalkan", reason="x").status_code == 404
    )


def test_hand_overs_are_listed_without_the_drafts_of_others(session, visit, two: Two) -> None:
    two.draft(reason="Rancangan saja")
    two.hand_over(reason="Sudah dijalankan")
    admin = make_user(session, RoleName.ADMIN, office_id=two.old.office_id)
    make_agent(session)

    page = visit(admin).get("/pembina/serah-terima").get_data(as_text=True)

    assert "Sudah dijalankan" in page
    assert "Rancangan saja" not in page
