"""The register of tax withheld: slips, whole numbers, and what the tax office says of an NPWP."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from agentsys.audit.models import AuditEvent
from agentsys.payouts import due
from agentsys.payouts.models import NpwpCheck, Withholding
from agentsys.people.models import RoleName
from tests.commissions.builders import OCTOBER
from tests.factories import make_office, make_user
from tests.payouts.builders import account_of, approved, earn, earner, finance, line_of, sent

# The contributions have no payments behind them; the fixture `books` checks the rest.
pytestmark = pytest.mark.made_up_books
HERE = "/keuangan/pajak-komisi"
EARNED = 600_000
TAX = 15_000


@pytest.fixture
def agent(session, vault, office):
    found = earner(session, vault, office)
    earn(session, vault, found, EARNED)
    return found


def page(client):
    return client.get(HERE).get_data(as_text=True)


def test_what_was_withheld_is_in_the_register_with_its_doubts(
    session, visit, office, people, agent
):
    approved(session, office, people)
    session.commit()

    text = page(visit(people[0]))

    assert "Rp15.000" in text
    assert line_of(session, agent).key in text
    assert "1000" in text  # the last digits of the NPWP
    assert "012345678901000" not in text
    assert "Belum dipastikan" in text


def test_the_file_for_slips_has_whole_numbers_and_is_recorded(
    session, visit, office, people, agent
):
    approved(session, office, people)
    session.commit()

    answer = visit(people[0]).submit(f"{HERE}/berkas", month="2026-12")

    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data())).get_sheet_by_index(0)
    cells = [str(cell) for row in rows.to_python() for cell in row]
    assert "012345678901000" in cells
    acts = session.scalars(select(AuditEvent.action)).all()
    assert "withholding.exported" in acts
    auditor = make_user(session, RoleName.AUDITOR, office_id=office.id)
    assert visit(auditor).submit(f"{HERE}/berkas", month="2026-12").status_code == 403
    stranger = finance(session, make_office(session))[0]
    refused = visit(stranger).submit(f"{HERE}/berkas", month="2026-12")
    assert refused.status_code == 422
    assert "Tidak ada pajak yang dipotong" in refused.get_data(as_text=True)


def test_an_npwp_that_the_tax_office_does_not_know_costs_the_higher_rate_from_then_on(
    session, vault, visit, office, people, agent
):
    sent(session, vault, office, people)
    session.commit()
    account = session.scalars(select(Withholding.account_id)).one()

    visit(people[0]).submit(f"{HERE}/npwp/{account}", matched="no", evidence=" ")
    assert session.scalars(select(NpwpCheck)).all() == []
    visit(people[0]).submit(f"{HERE}/npwp/{account}", matched="no", evidence="DJP Online 4/12")

    before = session.scalars(select(Withholding.tax_idr)).all()
    other = earner(session, vault, office)
    earn(session, vault, other, EARNED)
    unknown = account_of(session, vault, other, number="5551112223")
    unknown.npwp_kind = unknown.npwp_sealed = None
    session.flush()
    earn(session, vault, agent, EARNED, OCTOBER)

    assert list(before) == [TAX]
    assert due.due_of(session, agent, among=[line_of(session, agent).id]).tax_idr == TAX * 6 // 5
    assert due.due_of(session, other).tax_idr == TAX * 6 // 5


def test_slip_numbers_are_recorded_by_reference_and_each_once(
    session, vault, visit, office, people, agent
):
    approved(session, office, people)
    other = earner(session, vault, office)
    earn(session, vault, other, EARNED)
    approved(session, office, people)
    session.commit()
    client = visit(people[0])
    first, second = line_of(session, agent).key, line_of(session, other).key

    for slips, says in (
        ("TIDAK-ADA;25000001", "TIDAK-ADA"),
        (first, "Baris 1 tidak terbaca"),
        (f"{first};25000001\n{second};25000001", "dipakai dua kali"),
        (f"{first};25000001\n{first};25000002", "tertulis dua kali"),
    ):
        answer = client.submit(HERE, slips=slips)
        assert answer.status_code == 422
        assert says in answer.get_data(as_text=True)
    assert client.submit(HERE, slips=f"{first};25000001\n{second};25000002").status_code == 302

    session.expire_all()
    assert set(session.scalars(select(Withholding.slip_number))) == {"25000001", "25000002"}
    taken = client.submit(HERE, slips=f"{second};25000001")
    assert "dipakai dua kali" in taken.get_data(as_text=True)
