"""Pages of facts: uploading a list, what an agreement asks, and announcing the end."""

from __future__ import annotations

import io
from typing import Any

import pytest
from sqlalchemy import func, select

from agentsys.agreements.fact_models import Criterion, FactList
from agentsys.agreements.kinds import FactListState
from agentsys.agreements.models import Agreement
from agentsys.people.models import RoleName
from agentsys.workers.models import Worker
from tests.factories import make_office, make_user
from tests.sponsors.facts_world import asks, deciles, nik_of, sheet_of
from tests.sponsors.world import Sponsored


def text(answer: Any) -> str:
    return " ".join(answer.get_data(as_text=True).split())


@pytest.fixture
def worker(office: Sponsored) -> Worker:
    """A worker for whom a sponsor pays."""
    return office.worker()


@pytest.fixture
def agreement(office: Sponsored, worker: Worker) -> Agreement:
    """The sponsor's agreement."""
    made = office.agreement()
    office.name(made, worker)
    office.session.commit()
    return made


def send(browser: Any, office: Sponsored, content: bytes, **changed: object) -> Any:
    return browser.submit(
        "/sponsor/kelayakan",
        **{
            "file": (io.BytesIO(content), "dtsen.xlsx"),
            "source": "DTSEN",
            "version": "2026 T3",
            "data_on": f"{office.month:%Y-%m-%d}",
            "certainty": "sure",
        }
        | changed,
    )


def test_from_the_upload_to_the_announced_end(
    office: Sponsored, visit: Any, agreement: Agreement, worker: Worker
) -> None:
    finance = visit(office.finance)
    content = sheet_of([1, nik_of(office, worker), 9, "", ""], [2, "123", 5, "", ""])

    answer = send(finance, office, content)

    page = text(finance.get(answer.location))
    assert "Desil kesejahteraan: <b>9</b>" in page
    assert "Baris 3" in page
    assert nik_of(office, worker) not in page
    finance.submit(f"{answer.location}/putuskan", action="apply")
    assert office.session.scalars(select(FactList.state)).all() == [FactListState.APPLIED]
    terms = f"/sponsor/perjanjian/{agreement.id}/syarat"
    assert "Syarat disimpan" in text(finance.submit(terms, decile="4", follow_redirects=True))
    assert worker.name.split()[0].lower() in finance.get(terms).text.lower()
    month = office.later(2)
    form = {"month": f"{month:%Y-%m}", "note": "Surat 460/1", "shown": "1"}
    assert finance.submit(f"{terms}/akhiri", **form).status_code == 302
    assert office.payers(worker) == [(office.month, agreement.id, month)]
    listed = text(visit(office.agent.user).get("/bekas-sponsor"))
    assert "akan berhenti" in listed
    form_page = visit(office.agent.user).get(f"/pekerja/{worker.id}/bayar-sendiri").text
    assert f'value="{month:%Y-%m}"' in form_page


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"source": " "}, "Tulis sumber"),
        ({"version": ""}, "Wajib diisi"),
        ({"data_on": "2999-01-01"}, "belum tiba"),
        ({"data_on": "kemarin"}, "tanggal"),
        ({"certainty": "tentu"}, "Seberapa pasti"),
        ({"file": ""}, "Wajib diisi"),
        ({"file": (io.BytesIO(b"NAMA\nSiti\n"), "x.csv")}, "Baris judul tidak ditemukan"),
    ],
)
def test_an_upload_that_cannot_be_is_refused_and_what_was_typed_stays(
    office: Sponsored, visit: Any, changed: dict[str, Any], told: str
) -> None:
    answer = send(visit(office.finance), office, sheet_of(), **changed)

    page = text(answer)
    assert answer.status_code == 422
    assert told in page
    if "version" not in changed:
        assert "2026 T3" in page
    assert office.session.scalar(select(func.count()).select_from(FactList)) == 0


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"month": "2020-01", "note": "Surat"}, "Pilih bulan sesudah bulan ini"),
        ({"month": "", "note": "Surat"}, "Wajib diisi"),
        ({"note": ""}, "Wajib diisi"),
        ({"note": "Surat", "shown": "7"}, "sekarang 1 orang"),
        ({"note": "Surat", "shown": "²"}, "sekarang 1 orang"),
    ],
)
def test_an_end_that_cannot_be_is_refused(
    office: Sponsored,
    visit: Any,
    agreement: Agreement,
    worker: Worker,
    form: dict[str, str],
    told: str,
) -> None:
    asks(office, agreement, "4")
    deciles(office, {worker: 9})
    office.session.commit()
    given = {"month": f"{office.later(2):%Y-%m}", "shown": "1"} | form

    answer = visit(office.finance).submit(
        f"/sponsor/perjanjian/{agreement.id}/syarat/akhiri", **given
    )

    assert answer.status_code == 422
    assert told in text(answer)
    assert office.payers(worker) == [(office.month, agreement.id, None)]


@pytest.mark.parametrize("form", [{"decile": "11"}, {"poor": "no"}, {"occupation": "x" * 201}])
def test_a_criterion_that_cannot_be_is_refused(
    office: Sponsored, visit: Any, agreement: Agreement, form: dict[str, str]
) -> None:
    answer = visit(office.finance).submit(f"/sponsor/perjanjian/{agreement.id}/syarat", **form)

    assert answer.status_code == 422
    assert office.session.scalar(select(func.count()).select_from(Criterion)) == 0


def test_another_office_sees_and_decides_nothing(
    office: Sponsored, visit: Any, agreement: Agreement, worker: Worker
) -> None:
    made = deciles(office, {worker: 9}, apply=False)
    elsewhere = make_office(office.session).id
    stranger = make_user(office.session, RoleName.FINANCE, office_id=elsewhere)
    office.session.commit()
    browser = visit(stranger)

    assert browser.get(f"/sponsor/kelayakan/{made.id}").status_code == 404
    decided = browser.submit(f"/sponsor/kelayakan/{made.id}/putuskan", action="apply")
    assert decided.status_code == 404
    assert browser.get(f"/sponsor/perjanjian/{agreement.id}/syarat").status_code == 404
    assert "DTSEN" not in browser.get("/sponsor/kelayakan").text.replace("Misalnya DTSEN", "")
    assert made.state is FactListState.CHECKED


def test_an_auditor_reads_and_has_no_form(
    office: Sponsored, visit: Any, agreement: Agreement, worker: Worker
) -> None:
    made = deciles(office, {worker: 9}, apply=False)
    auditor = make_user(office.session, RoleName.AUDITOR, office_id=office.office_id)
    office.session.commit()
    browser = visit(auditor)

    for path in (
        "/sponsor/kelayakan",
        f"/sponsor/kelayakan/{made.id}",
        f"/sponsor/perjanjian/{agreement.id}/syarat",
    ):
        page = browser.get(path)
        assert page.status_code == 200
        assert "/putuskan" not in page.text
        assert 'type="file"' not in page.text
    assert send(browser, office, sheet_of()).status_code == 403
