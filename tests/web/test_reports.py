"""The pages of reports, their files, and who may have them."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.models import Agreement
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.people.models import RoleName
from agentsys.reports import targets
from agentsys.reports.models import CoverageTarget
from agentsys.workers.kinds import Ecosystem
from tests.documents.reading import lines_of
from tests.factories import make_contribution, make_office, make_user, make_worker
from tests.office_factories import make_group
from tests.sponsors.world import PRICE, Sponsored

NIK = "6474"


@pytest.fixture
def office(session: Session, vault: Vault) -> Sponsored:
    """An office with a sponsor's people."""
    return Sponsored.build(session, vault)


@pytest.fixture
def agreement(office: Sponsored) -> Agreement:
    """An agreement with two people in two kelurahan, billed."""
    found = office.agreement(most_idr=10 * PRICE)
    people = [
        office.worker(name="Ani Wijaya", kelurahan="Guntung", job="Nelayan", phone="+6281299"),
        office.worker(name="=Budi", kelurahan="Loktuan", job="Pemulung", address="Jl. Rahasia"),
    ]
    office.name(found, *people)
    office.bill(found)
    return found


def _text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def _sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@pytest.mark.made_up_books
def test_the_page_the_spreadsheet_and_the_pdf_say_the_same_numbers(
    visit: Any, session: Session, vault: Vault, office: Sponsored
) -> None:
    group = make_group(session, office_id=office.office_id, name="Pasar Lama")
    for _ in range(3):
        worker = make_worker(
            session,
            vault,
            agent=office.agent,
            kelurahan="Guntung",
            ecosystem=Ecosystem.PASAR,
            group_id=group.id,
        )
        make_contribution(session, worker, payment_id=1, remittance_id=1, confirmed_at=clock.now())
    targets.enter(
        session,
        office_id=office.office_id,
        kelurahan="Guntung",
        ecosystem=None,
        people=4,
        from_on=office.month,
        source="SK",
        actor_id=None,
    )
    visitor = visit(office.finance)

    page = _text(visitor.get("/laporan/kantor"))
    book = _sheets(visitor.get("/laporan/kantor.xlsx").data)
    paper = [line for page_ in lines_of(visitor.get("/laporan/kantor.pdf").data) for line in page_]

    assert "75%" in page
    assert "Rp50.400" in page
    [kelurahan] = [rows for name, rows in book.items() if "kelurahan" in name]
    assert ["Guntung", 3.0, 4.0, "75%"] in kelurahan
    assert any("Guntung | 3 | 4 | 75%" in line for line in paper)
    [groups] = [rows for name, rows in book.items() if "kelompok" in name]
    assert ["Pasar Lama", "Pasar", "Pasar", 3.0] in groups
    assert any("Pasar Lama" in line for line in paper)
    acts = session.scalars(select(AuditEvent).where(AuditEvent.action == "report.exported")).all()
    assert [act.details["name"] for act in acts] == ["laporan-kantor.xlsx", "laporan-kantor.pdf"]


@pytest.mark.made_up_books
def test_every_chart_names_itself_and_says_its_numbers(
    visit: Any, session: Session, vault: Vault, office: Sponsored
) -> None:
    worker = make_worker(session, vault, agent=office.agent, kelurahan="Guntung")
    make_contribution(session, worker, payment_id=1, remittance_id=1, confirmed_at=clock.now())

    page = _text(visit(office.finance).get("/laporan/kantor"))

    charts = re.findall(r'<svg\s+class="chart across".*?</svg>', page, re.DOTALL)
    assert len(charts) >= 3
    for chart in charts:
        assert 'role="img"' in chart
        [named] = re.findall(r'aria-labelledby="([^"]+)"', chart)
        for name in named.split():
            [text] = re.findall(rf'id="{name}">(.*?)</', chart, re.DOTALL)
            assert text.strip()
    assert "Guntung: 1 orang" in page


def test_the_range_is_kept_in_the_files_addresses_and_a_wrong_one_is_told(
    visit: Any, office: Sponsored
) -> None:
    visitor = visit(office.finance)

    page = _text(visitor.get("/laporan/kantor?dari=2026-01&sampai=2026-03"))
    assert "/laporan/kantor.xlsx?dari=2026-01&amp;sampai=2026-03" in page
    for query in ("dari=2026-03&sampai=2026-01", "dari=x", "dari=2000-01&sampai=2026-01"):
        wrong = visitor.get(f"/laporan/kantor?{query}")
        assert wrong.status_code == 200
        assert 'role="alert"' in _text(wrong)
    assert visitor.get("/laporan/kantor?kantor=999999999999").status_code == 404


def test_an_office_without_any_months_has_a_report(visit: Any, office: Sponsored) -> None:
    visitor = visit(office.finance)

    assert "Belum ada data" in _text(visitor.get("/laporan/kantor"))
    assert visitor.get("/laporan/kantor.pdf").data.startswith(b"%PDF")
    assert _sheets(visitor.get("/laporan/kantor.xlsx").data)


def test_an_admin_of_all_offices_chooses_one(visit: Any, session: Session) -> None:
    one, two = make_office(session, name="Kantor A"), make_office(session, name="Kantor B")
    visitor = visit(make_user(session, RoleName.ADMIN, office_id=None))

    assert '<p class="muted">Kantor A</p>' in _text(visitor.get("/laporan/kantor"))
    page = _text(visitor.get(f"/laporan/kantor?kantor={two.id}"))
    assert '<p class="muted">Kantor B</p>' in page
    assert f"kantor={two.id}" in page
    assert one.id != two.id


def test_the_report_for_a_sponsor_says_what_is_left_of_the_budget(
    visit: Any, office: Sponsored, agreement: Agreement
) -> None:
    visitor = visit(office.finance)

    page = _text(visitor.get(f"/laporan/perjanjian/{agreement.id}"))
    book = _sheets(visitor.get(f"/laporan/perjanjian/{agreement.id}.xlsx").data)
    paper = lines_of(visitor.get(f"/laporan/perjanjian/{agreement.id}.pdf").data)

    assert "Rp134.400" in page  # eight of ten
    budget = next(iter(book.values()))
    assert [float(2 * PRICE), 0.0, float(8 * PRICE)] == budget[3][2:]
    assert any("Rp134.400" in line for line in paper[0])


def test_a_report_without_targets_has_no_columns_for_them(
    visit: Any, office: Sponsored, agreement: Agreement
) -> None:
    here = f"/laporan/perjanjian/{agreement.id}"

    page = _text(visit(office.finance).get(here))

    assert "Peserta aktif" in page
    assert "Capaian" not in page
    assert f'href="/sponsor/perjanjian/{agreement.id}"' in page


def test_the_posted_list_has_names_and_masked_niks_and_nothing_else(
    visit: Any, session: Session, office: Sponsored, agreement: Agreement
) -> None:
    visitor = visit(office.finance)
    page = _text(visitor.get(f"/laporan/publikasi?perjanjian={agreement.id}"))
    assert "Guntung" in page
    assert "Loktuan" in page

    paper = visitor.get(f"/laporan/publikasi.pdf?perjanjian={agreement.id}")
    lines = [line for each in lines_of(paper.data) for line in each]
    [ani] = [line for line in lines if "Ani Wijaya" in line]
    assert re.fullmatch(r"1 \| Ani Wijaya \| \d{4}•{8}\d{4} \| Guntung \| Nelayan", ani)
    some = visitor.get(f"/laporan/publikasi.xlsx?perjanjian={agreement.id}&kelurahan=Loktuan")
    [rows] = _sheets(some.data).values()
    assert [row[1] for row in rows[3:]] == ["=Budi"]  # a text, not a formula
    for told in (page, "\n".join(lines), str(rows)):
        assert "Rahasia" not in told
        assert "81299" not in told
        assert not re.search(r"\d{15}", told)
    acts = session.scalars(select(AuditEvent).where(AuditEvent.action == "report.exported")).all()
    assert [(act.details["name"], act.details["rows"]) for act in acts] == [
        ("publikasi.pdf", 2),
        ("publikasi.xlsx", 1),
    ]


def test_a_supervisor_reads_sums_and_gets_no_list_of_names(
    visit: Any, office: Sponsored, agreement: Agreement
) -> None:
    visitor = visit(office.agent.supervisor)

    assert visitor.get("/laporan/kantor").status_code == 200
    assert visitor.get(f"/laporan/perjanjian/{agreement.id}").status_code == 200
    assert visitor.get("/laporan/publikasi").status_code == 403
    assert visitor.get("/laporan/publikasi.pdf").status_code == 403
    assert visitor.submit("/laporan/target").status_code == 403


def test_anothers_agreement_is_not_found(
    visit: Any, session: Session, agreement: Agreement
) -> None:
    stranger = visit(make_user(session, RoleName.FINANCE, office_id=make_office(session).id))

    for path in (
        f"perjanjian/{agreement.id}",
        f"perjanjian/{agreement.id}.pdf",
        f"publikasi?perjanjian={agreement.id}",
        "publikasi?perjanjian=x",
    ):
        assert stranger.get(f"/laporan/{path}").status_code == 404


def test_a_target_is_entered_and_listed_and_a_wrong_one_is_refused_beside_its_field(
    visit: Any, session: Session, office: Sponsored
) -> None:
    visitor = visit(office.finance)
    sent = {
        "office": office.office_id,
        "kelurahan": "Guntung",
        "ecosystem": "",
        "people": "1200",
        "from_on": "2026-01-01",
        "source": "SK Wali Kota 7/2026",
    }

    assert visitor.submit("/laporan/target", **sent | {"ecosystem": "desa"}).status_code == 422
    assert visitor.submit("/laporan/target", **sent | {"people": "-3"}).status_code == 422
    answer = visitor.submit("/laporan/target", **sent, follow_redirects=True)

    assert "Target dicatat." in _text(answer)
    assert "SK Wali Kota 7/2026" in _text(answer)
    assert session.scalars(select(CoverageTarget)).one().people == 1200
    theirs = visitor.submit("/laporan/target", **sent | {"office": make_office(session).id})
    assert theirs.status_code == 422
