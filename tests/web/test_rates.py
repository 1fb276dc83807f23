"""The page of commission rules: rates are proposed, tried over past months, and approved."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from agentsys import clock
from agentsys.commissions import rates_trial
from agentsys.commissions.rates.models import CommissionRates, RatesState
from agentsys.months import add_months
from agentsys.people.models import RoleName
from agentsys.plugins import bonus, perisai_2022
from agentsys.workers.models import NewToBpu
from tests.commissions.builders import confirm, offer, savepoints, with_rates
from tests.factories import make_agent, make_user, make_worker
from tests.office_factories import decided_rates

pytestmark = pytest.mark.made_up_books
HERE = "/keuangan/aturan-komisi"
FORM = f"{HERE}/usul/bonus"
RULES = (perisai_2022.RULE, bonus.RULE)
HOOK = with_rates(
    offer(perisai_2022=perisai_2022.commission_lines, bonus=bonus.commission_lines), *RULES
)


def wanted(**values):
    return {
        "valid_from": f"{clock.this_month():%Y-%m}",
        "measure": "new",
        "each": "2",
        "amount_idr": "50.000",
        "payers": ["self", "apbd"],
        "office_percent": "10",
        "most_idr": "0",
        "version": "SK kantor 1/2026",
        "decree": "SK 1/2026",
        "certainty": "published",
        "basis": "surat kepala kantor",
    } | values


@pytest.fixture
def agent(session, vault):
    """An agent with three new workers of this month, whose BPJS confirmed."""
    agent = make_agent(session)
    for _each in range(3):
        worker = make_worker(session, vault, agent=agent, new_to_bpu=NewToBpu.YES)
        confirm(session, worker, clock.this_month(), clock.now())
    return agent


@pytest.fixture
def people(session, agent):
    return [make_user(session, RoleName.FINANCE, office_id=agent.office_id) for _each in range(2)]


def tried(session, found):
    rates_trial.run(savepoints(session), rates_id=found.id, hook=HOOK, rules=RULES)
    session.expire_all()


def test_rates_are_proposed_tried_read_and_approved_by_a_second_person(
    session, visit, agent, people
):
    first, second = people
    answer = visit(first).submit(FORM, **wanted())
    [found] = session.scalars(select(CommissionRates)).all()
    one = f"{HERE}/{found.id}"

    assert answer.headers["Location"] == one
    page = visit(second).get(one).get_data(as_text=True)
    assert "Hitungan coba belum selesai" in page
    assert 'value="approve"' not in page
    tried(session, found)
    page = visit(second).get(one).get_data(as_text=True)
    assert "SK kantor 1/2026" in page
    assert agent.name in page
    assert "1 baru" not in page  # the agent's line and the office's
    assert "2 baru" in page
    assert "Rp55.000" in page  # what it would cost more
    visit(first).submit(one, action="approve")
    session.expire_all()
    assert found.state is RatesState.PROPOSED
    visit(second).submit(one, action="approve")

    session.expire_all()
    assert found.state is RatesState.APPROVED
    assert found.values["amount_idr"] == 50_000
    overview = visit(second).get(HERE).get_data(as_text=True)
    assert "SK kantor 1/2026" in overview


def test_the_trial_is_a_workbook_with_each_agents_month(session, visit, agent, people):
    visit(people[0]).submit(FORM, **wanted())
    [found] = session.scalars(select(CommissionRates)).all()
    tried(session, found)

    answer = visit(people[1]).get(f"{HERE}/{found.id}?as=xlsx&tab=all")

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0)
    rows = sheet.to_python()
    [header] = [row for row in rows if "Selisih" in row]
    [mine] = [row for row in rows if agent.code in row]
    assert dict(zip(header, mine, strict=True))["Selisih"] == 55_000


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"valid_from": "2017-01"}, "Pilih bulan mulai dari"),
        ({"valid_from": f"{add_months(clock.this_month(), 20):%Y-%m}"}, "Pilih bulan mulai dari"),
        ({"each": "0"}, "Isi angka bulat dari"),
        ({"amount_idr": "banyak"}, "Isi rupiah bulat dari"),
        ({"office_percent": "101"}, "Isi persen dari"),
        ({"measure": "siapa"}, "Pilih salah satu"),
        ({"payers": ["siapa"]}, "Pilih salah satu"),
        ({"version": " "}, "Isi nama aturan"),
        ({"basis": " "}, "Isi dasar perubahan"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    session, visit, people, values, says
):
    answer = visit(people[0]).submit(FORM, **wanted(**values))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page
    assert "SK 1/2026" in page
    assert session.scalars(select(CommissionRates)).all() == []


def test_a_rule_can_be_switched_off_without_rates(session, visit, people):
    form = {"valid_from": f"{clock.this_month():%Y-%m}", "basis": "habis", "ends": "y"}

    visit(people[0]).submit(FORM, certainty="doubtful", measure="new", **form)

    [found] = session.scalars(select(CommissionRates)).all()
    assert (found.is_on, found.values, found.version) == (False, {}, "")


def test_the_form_starts_with_what_applies_now(session, visit, people):
    decided_rates(
        session, office_id=people[0].office_id, valid_from=add_months(clock.this_month(), -1)
    )

    page = visit(people[0]).get(FORM).get_data(as_text=True)

    assert 'value="50000"' in page
    assert visit(people[0]).get(f"{HERE}/usul/tidak_ada").status_code == 404


def test_two_rules_that_exclude_each_other_are_named_on_the_page(session, visit, people):
    decided_rates(
        session,
        office_id=people[0].office_id,
        rule="corporate_agency",
        values={"percent": "2.5", "payers": ["apbd"], "office_percent": "0", "most_idr": 0},
        valid_from=clock.this_month(),
    )

    page = visit(people[0]).get(HERE).get_data(as_text=True)

    assert "dua aturan komisi yang saling menggantikan" in page
