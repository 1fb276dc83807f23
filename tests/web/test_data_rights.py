"""The page on which the office answers what a worker asks about personal data."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.data_rights import copying
from agentsys.data_rights.models import DataRequest, DataRequestState
from agentsys.people.models import RoleName, User
from agentsys.web.workers import data_copy
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_user, make_worker, nik_of

HE_CAME = "Datang sendiri, KTP dicocokkan"


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    return make_worker(session, vault, agent=make_agent(session), name="Siti Rahmawati")


@pytest.fixture
def admin(session: Session, worker: Worker) -> User:
    return make_user(session, RoleName.ADMIN, office_id=worker.office_id)


def page_of(worker: Worker) -> str:
    return f"/kantor/pekerja/{worker.id}/data-pribadi"


def ask(visitor, worker: Worker, kind: str):
    return visitor.submit(page_of(worker), **{"ask-kind": kind, "ask-asked_how": HE_CAME})


def answer(visitor, worker: Worker, session: Session, what: str, note: str = "Lewat telepon"):
    request = session.scalars(select(DataRequest).order_by(DataRequest.id.desc())).first()
    return visitor.submit(
        f"{page_of(worker)}/{request.id}",
        **{f"answer-{request.id}-note": note, "answer": what},
        follow_redirects=True,
    )


def test_a_request_is_recorded_answered_and_in_the_history(session, visit, worker, admin) -> None:
    visitor = visit(admin)
    ask(visitor, worker, "correction")
    page = visitor.get(page_of(worker)).get_data(as_text=True)
    assert HE_CAME in page
    assert "Perbaikan data" in page

    shown = answer(visitor, worker, session, "done").get_data(as_text=True)

    assert "Dilakukan" in shown
    history = visitor.get(f"/kantor/pekerja/{worker.id}").get_data(as_text=True)
    assert "Permintaan dilakukan: Perbaikan data" in history


def test_an_open_request_waits_in_the_inbox_until_it_is_answered(
    session, visit, worker, admin
) -> None:
    visitor = visit(admin)
    ask(visitor, worker, "copy")
    waiting = visitor.get("/kotak-kerja/").get_data(as_text=True)

    answer(visitor, worker, session, "refuse", "Bukan orangnya")

    assert "Permintaan tentang data pribadi" in waiting
    assert "Salinan data" in waiting
    after = visitor.get("/kotak-kerja/").get_data(as_text=True)
    assert "Salinan data" not in after


def test_the_item_leads_to_the_page_that_decides_it(session, visit, worker, admin) -> None:
    visitor = visit(admin)
    ask(visitor, worker, "copy")
    request = session.scalars(select(DataRequest)).one()

    page = visitor.get(f"/kantor/pekerja/permintaan-data/{request.id}").get_data(as_text=True)

    assert f'data-decide="data.request:{request.id}"' in page


def test_a_copy_is_given_only_if_it_was_asked_for(session, vault, visit, worker, admin) -> None:
    visitor = visit(admin)
    copy = f"/kantor/pekerja/{worker.id}/salinan"
    refused = visitor.submit(copy, **{"as": "json"})
    ask(visitor, worker, "copy")

    printed = visitor.submit(copy, **{"as": "print"}).get_data(as_text=True)
    file = visitor.submit(copy, **{"as": "json"})

    assert refused.status_code == 302
    assert nik_of(vault, worker) in printed
    assert "Tanggal lahir" in printed
    assert "birth date" not in printed
    assert json.loads(file.data)["person"]["nik"] == nik_of(vault, worker)
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_who_recorded_an_erasure_is_told_that_another_must_do_it(
    session, visit, worker, admin
) -> None:
    visitor = visit(admin)
    ask(visitor, worker, "erasure")

    page = visitor.get(page_of(worker)).get_data(as_text=True)
    answer(visitor, worker, session, "done")

    assert "Orang lain harus menghapusnya" in page
    assert session.scalars(select(DataRequest)).one().state is DataRequestState.OPEN


def test_a_second_person_sees_why_it_cannot_be_erased_yet(session, visit, worker, admin) -> None:
    ask(visit(admin), worker, "erasure")
    other = make_user(session, RoleName.ADMIN, office_id=worker.office_id)

    page = visit(other).get(page_of(worker)).get_data(as_text=True)

    assert "Kepesertaannya belum berakhir" in page
    assert "Hapus data pribadi" not in page


@pytest.mark.parametrize("role", [RoleName.AGENT, RoleName.FINANCE, RoleName.AUDITOR])
def test_other_roles_do_not_answer(session, visit, worker, role) -> None:
    visitor = visit(make_user(session, role, office_id=worker.office_id))

    assert visitor.get(page_of(worker)).status_code == 403
    assert ask(visitor, worker, "copy").status_code == 403


def test_requests_of_another_office_are_not_found(session, visit, vault, worker, admin) -> None:
    elsewhere = make_worker(session, vault, agent=make_agent(session))
    ask(visit(admin), worker, "copy")
    request = session.scalars(select(DataRequest)).one()
    stranger = visit(make_user(session, RoleName.ADMIN, office_id=elsewhere.office_id))

    assert stranger.get(page_of(worker)).status_code == 404
    assert stranger.get(f"/kantor/pekerja/permintaan-data/{request.id}").status_code == 404
    mixed = stranger.submit(f"{page_of(elsewhere)}/{request.id}", answer="refuse")
    assert mixed.status_code == 404


def test_a_consent_can_be_recorded(session, visit, worker, admin) -> None:
    visitor = visit(admin)

    visitor.submit(f"/kantor/pekerja/{worker.id}/persetujuan", **{"consent-how": "Tanda tangan"})

    session.refresh(worker)
    assert worker.consent_at is not None
    assert "Persetujuan data dicatat. Tanda tangan" in visitor.get(
        f"/kantor/pekerja/{worker.id}"
    ).get_data(as_text=True)


def test_every_table_of_a_copy_has_a_title() -> None:
    copied = {name for name, _table in copying.of_workers()} - {"workers"}

    assert copied == data_copy.TITLES.keys()
