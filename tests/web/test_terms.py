"""The page of commission terms: one proposes, a second person decides, and what then applies."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys import clock
from agentsys.months import add_months
from agentsys.people.models import RoleName
from agentsys.terms import reading
from agentsys.terms.models import CommissionFunding, CommissionTerms, TermsState, Withholder
from tests.factories import make_office, make_user

HERE = "/keuangan/ketentuan-komisi"


def wanted(**values: str) -> dict[str, str]:
    month = clock.this_month()
    return {
        "valid_from": f"{month:%Y-%m}",
        "funding": "own",
        "agent_tax_by": "nobody",
        "office_tax_by": "nobody",
        "tax_period": "year",
        "minimum_idr": "25.000",
        "basis": "SK Ketua 7/2026",
    } | values


@pytest.fixture
def office(session):
    return make_office(session)


@pytest.fixture
def people(session, office):
    return [make_user(session, RoleName.FINANCE, office_id=office.id) for _each in range(2)]


def terms_of(session, office):
    return reading.terms_in(session, office_id=office.id, month=clock.this_month())


def test_terms_apply_once_a_second_person_approved_them(session, visit, office, people):
    first, second = people
    before = terms_of(session, office)

    assert visit(first).submit(HERE, **wanted()).status_code == 302
    waiting = session.scalars(select(CommissionTerms)).one()
    assert terms_of(session, office) == before
    visit(first).submit(f"{HERE}/{waiting.id}", action="approve")
    session.expire_all()
    assert waiting.state is TermsState.PROPOSED
    assert "SK Ketua 7/2026" in visit(second).get(HERE).get_data(as_text=True)
    visit(second).submit(f"{HERE}/{waiting.id}", action="approve")

    session.expire_all()
    now = terms_of(session, office)
    assert (now.funding, now.agent_tax_by) == (CommissionFunding.OWN, Withholder.NOBODY)
    assert (now.minimum_idr, now.is_decided) == (25_000, True)
    assert before.funding is CommissionFunding.BPJS
    assert not before.is_decided


def test_terms_of_an_office_go_before_those_of_all_offices_and_others_are_not_reached(
    session, visit, office, people
):
    head = [make_user(session, RoleName.ADMIN) for _each in range(2)]
    for proposer, decider, basis in ((*head, "semua"), (*people, "satu kantor")):
        visit(proposer).submit(HERE, **wanted(basis=basis))
        row = session.scalars(select(CommissionTerms).where(CommissionTerms.basis == basis)).one()
        visit(decider).submit(f"{HERE}/{row.id}", action="approve")

    session.expire_all()
    other = make_office(session)
    assert terms_of(session, office).basis == "satu kantor"
    assert terms_of(session, other).basis == "semua"
    stranger = make_user(session, RoleName.FINANCE, office_id=other.id)
    mine = session.scalars(
        select(CommissionTerms.id).where(CommissionTerms.office_id == office.id)
    ).one()
    assert visit(stranger).submit(f"{HERE}/{mine}", action="approve").status_code == 404
    assert "satu kantor" not in visit(stranger).get(HERE).get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"valid_from": "2020-01"}, "Pilih bulan mulai dari"),
        ({"valid_from": f"{add_months(clock.this_month(), 20):%Y-%m}"}, "Pilih bulan mulai dari"),
        ({"minimum_idr": "2.000.000"}, "Isi jumlah terkecil dari"),
        ({"minimum_idr": "banyak"}, "Tulis rupiah tanpa koma"),
        ({"funding": "siapa"}, "Pilih salah satu"),
        ({"office_tax_by": "office"}, "Pilih salah satu"),
        ({"basis": " "}, "Isi dasar ketentuan"),
        ({"basis": ""}, "Wajib diisi"),
    ],
)
def test_terms_that_cannot_be_are_refused_with_what_to_do(session, visit, people, values, says):
    answer = visit(people[0]).submit(HERE, **wanted(**values))

    assert answer.status_code == 422
    assert says in answer.get_data(as_text=True)
    assert session.scalars(select(CommissionTerms)).all() == []


def test_a_refusal_needs_a_reason_and_a_proposal_can_be_withdrawn(session, visit, people):
    first, second = people
    visit(first).submit(HERE, **wanted())
    row = session.scalars(select(CommissionTerms)).one()

    visit(second).submit(f"{HERE}/{row.id}", action="refuse", reason=" ")
    session.expire_all()
    assert row.state is TermsState.PROPOSED
    again = visit(first).submit(HERE, **wanted())
    assert "masih menunggu orang kedua" in again.get_data(as_text=True)
    visit(first).submit(f"{HERE}/{row.id}", action="withdraw")

    session.expire_all()
    assert row.state is TermsState.WITHDRAWN
    assert visit(first).submit(HERE, **wanted()).status_code == 302
