"""The pages on which a worker's data are changed, proposed and approved."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.changes.models import ChangeState, WorkerChange
from agentsys.contributions import billing
from agentsys.crypto import Vault
from agentsys.months import add_months
from agentsys.people.models import RoleName, User
from agentsys.workers.models import Worker
from tests.changes.steps import proposed
from tests.factories import invented_nik, make_agent, make_user, make_worker


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A worker who was billed this month."""
    found = make_worker(session, vault, agent=make_agent(session), name="Siti Rahmawati")
    billing.ensure_billed(session, worker_id=found.id, months=[clock.this_month()])
    return found


@pytest.fixture
def agent(session: Session, worker: Worker) -> User:
    """The worker's agent."""
    assert worker.agent is not None
    return session.get_one(User, worker.agent.user_id)


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Somebody of finance."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


def test_an_agent_changes_the_phone_of_an_own_worker_at_once(
    visit, worker: Worker, agent: User
) -> None:
    visitor = visit(agent)
    form = _fields(visitor.get(f"/pekerja/{worker.id}/data").get_data(as_text=True), "data-")

    answer = visitor.submit(
        f"/pekerja/{worker.id}/data",
        **form | {"data-phone": "0812 3456 7890", "data-reason": "Nomor baru"},
        follow_redirects=True,
    )

    page = answer.get_data(as_text=True)
    assert "Data Siti Rahmawati diubah." in page
    assert "Data diubah: Nomor HP: kosong → +6281234567890. Alasan: Nomor baru" in page


def test_two_who_opened_one_form_do_not_overwrite_each_other(
    visit, worker: Worker, agent: User, clerk: User
) -> None:
    path = f"/kantor/pekerja/{worker.id}/data"
    first = _fields(visit(clerk).get(path).get_data(as_text=True), "data-")
    visit(agent).submit(
        f"/pekerja/{worker.id}/data", **first | {"data-job": "Nelayan", "data-reason": "x"}
    )

    answer = visit(clerk).submit(path, **first | {"data-job": "Petani", "data-reason": "y"})

    assert answer.status_code == 422
    assert "baru saja diubah orang lain" in answer.get_data(as_text=True)
    assert worker.job == "Nelayan"


def test_the_effect_is_shown_before_it_is_proposed_and_before_it_is_approved(
    session: Session, visit, worker: Worker, agent: User, clerk: User
) -> None:
    before_idr = 8_400
    path = f"/pekerja/{worker.id}/usul"
    typed = _fields(visit(agent).get(f"/pekerja/{worker.id}/data").get_data(as_text=True), "usul-")
    typed |= {"usul-income_idr": "2.800.000", "usul-reason": "Slip baru"}

    shown = visit(agent).submit(path, **typed, step="look").get_data(as_text=True)
    assert f"Rp{before_idr:,}".replace(",", ".") in shown
    assert session.query(WorkerChange).count() == 0
    typed |= {"usul-seen": _fields(shown, "usul-")["usul-seen"]}
    visit(agent).submit(path, **typed, step="send")

    change = session.query(WorkerChange).one()
    page = visit(clerk).get(f"/kantor/pekerja/perubahan/{change.id}").get_data(as_text=True)
    assert "Tagihan yang dihitung ulang" in page
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    answer = visit(clerk).submit(
        f"/kantor/pekerja/perubahan/{change.id}",
        action="approve",
        seen=seen[1],
        follow_redirects=True,
    )

    assert "Perubahan data Siti Rahmawati berlaku." in answer.get_data(as_text=True)
    assert worker.income_idr == 2_800_000


def test_an_approval_of_another_effect_is_shown_anew(
    session: Session, visit, worker: Worker, agent: User, clerk: User
) -> None:
    change = _proposal(session, worker, agent)

    answer = visit(clerk).submit(
        f"/kantor/pekerja/perubahan/{change.id}", action="approve", seen="other"
    )

    assert answer.status_code == 409
    assert "Akibatnya sudah berubah" in answer.get_data(as_text=True)
    assert change.state is ChangeState.PROPOSED


def test_a_refusal_says_why_on_the_page_of_the_worker(
    session: Session, visit, worker: Worker, agent: User, clerk: User
) -> None:
    change = _proposal(session, worker, agent)

    visit(clerk).submit(
        f"/kantor/pekerja/perubahan/{change.id}", action="refuse", note="KTP belum dikirim"
    )

    assert change.state is ChangeState.REFUSED
    page = visit(agent).get(f"/pekerja/{worker.id}").get_data(as_text=True)
    assert "Alasan: KTP belum dikirim" in page


def test_a_wrong_nik_says_so_at_its_field_and_keeps_what_was_typed(
    visit, worker: Worker, clerk: User
) -> None:
    path = f"/kantor/pekerja/{worker.id}"
    typed = _fields(visit(clerk).get(f"{path}/data").get_data(as_text=True), "usul-")

    answer = visit(clerk).submit(
        f"{path}/usul", **typed | {"usul-nik": "12345", "usul-reason": "Salah ketik"}, step="look"
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "NIK harus 16 angka" in page
    assert "Salah ketik" in page


def test_what_waits_is_in_the_inbox_of_those_who_decide_it(
    session: Session, visit, worker: Worker, agent: User, clerk: User
) -> None:
    _proposal(session, worker, agent)

    assert "Usul perubahan data pekerja" in visit(clerk).get("/kotak-kerja/").get_data(as_text=True)
    listed = visit(clerk).get("/kantor/pekerja/perubahan/").get_data(as_text=True)
    assert "Siti Rahmawati" in listed


def test_who_proposed_it_may_withdraw_it(
    session: Session, visit, worker: Worker, agent: User
) -> None:
    change = _proposal(session, worker, agent)
    assert "Tarik usul" in visit(agent).get(f"/pekerja/{worker.id}/data").get_data(as_text=True)

    visit(agent).submit(f"/pekerja/{worker.id}/usul/tarik")

    assert change.state is ChangeState.WITHDRAWN


def test_a_change_of_a_later_month_is_shown_as_planned_and_can_be_cancelled(
    session: Session, visit, vault: Vault, worker: Worker, agent: User, clerk: User
) -> None:
    later = add_months(clock.this_month(), 2)
    change = proposed(session, vault, worker, agent, since=later, income_idr=2_800_000)
    path = f"/kantor/pekerja/perubahan/{change.id}"
    seen = re.search(r'name="seen" value="(\w+)"', visit(clerk).get(path).get_data(as_text=True))
    assert seen is not None
    told = visit(clerk).submit(path, action="approve", seen=seen[1], follow_redirects=True)
    assert "berlaku sendiri mulai" in told.get_data(as_text=True)

    for who, page in ((clerk, f"/kantor/pekerja/{worker.id}"), (agent, f"/pekerja/{worker.id}")):
        assert "Direncanakan mulai" in visit(who).get(page).get_data(as_text=True)
    answer = visit(clerk).submit(path, action="cancel", note="Batal", follow_redirects=True)

    assert "dibatalkan" in answer.get_data(as_text=True)
    assert change.state is ChangeState.WITHDRAWN
    gone = visit(agent).get(f"/pekerja/{worker.id}").get_data(as_text=True)
    assert "Direncanakan mulai" not in gone


def test_the_recorded_kk_number_is_shown_masked(
    session: Session, visit, vault: Vault, worker: Worker, agent: User
) -> None:
    path = f"/pekerja/{worker.id}/data"
    form = _fields(visit(agent).get(path).get_data(as_text=True), "data-")
    typed = {"data-kk": "6474 0101 0101 0099", "data-reason": "KK baru"}
    visit(agent).submit(path, **form | typed)

    page = visit(agent).get(path).get_data(as_text=True)

    assert "6474••••••••0099" in page
    assert "6474010101010099" not in page


def test_a_whole_nik_is_never_on_the_page(
    session: Session, visit, vault: Vault, worker: Worker, agent: User, clerk: User
) -> None:
    nik = invented_nik(77)
    index = vault.index(nik)
    change = _proposal(session, worker, agent)
    change.before = {"nik": worker.nik_masked}
    change.after = {"nik": "6474••••••••" + nik[-4:]}
    change.nik_sealed, change.nik_index = vault.seal(nik, b"x"), index
    session.flush()

    page = visit(clerk).get(f"/kantor/pekerja/perubahan/{change.id}").get_data(as_text=True)

    assert nik not in page
    assert "Iuran tidak berubah." in page


def _proposal(session: Session, worker: Worker, by: User) -> WorkerChange:
    change = WorkerChange(
        worker_id=worker.id,
        office_id=worker.office_id,
        before={"name": worker.name},
        after={"name": "Siti Rahma"},
        from_month=clock.this_month(),
        effect=[],
        reason="Sesuai KTP",
        proposed_by=by.id,
    )
    session.add(change)
    session.flush()
    return change


def _fields(page: str, prefix: str) -> dict[str, Any]:
    """The inputs and chosen options of a form, by the prefix of their names."""
    found = {}
    for tag in re.findall(rf"<input[^>]*name=\"{prefix}[^>]*>", page):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        assert name is not None
        found[name[1]] = value[1] if value else ""
    for name, options in re.findall(
        rf'<select[^>]*name="({prefix}[^"]*)"[^>]*>(.*?)</select>', page, re.S
    ):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        assert chosen is not None, name
        found[name] = chosen[1]
    return found
