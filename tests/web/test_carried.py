"""The page of corrections of commission."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from agentsys.commissions.carried.models import CarriedItem, CarriedState
from agentsys.people.models import RoleName
from agentsys.workers.models import Worker
from tests.commissions.builders import approved_in_november
from tests.factories import make_user

pytestmark = pytest.mark.made_up_books
HERE = "/keuangan/koreksi-komisi"


@pytest.fixture
def agent(session, vault):
    return approved_in_november(session, vault)


@pytest.fixture
def people(session, agent):
    return [make_user(session, RoleName.FINANCE, office_id=agent.office_id) for _each in range(2)]


def adjustment(agent, **values):
    given = {"code": agent.code, "direction": "take", "agent_idr": "7.000", "why": "salah hitung"}
    return {f"a-{name}": value for name, value in (given | values).items()}


def reversal(agent, named, **values):
    given = {
        "code": agent.code,
        "from_month": "2026-11",
        "worker": named.name,
        "month": "2026-11",
        "why": "iuran dikembalikan",
    }
    return {f"r-{name}": value for name, value in (given | values).items()}


def test_a_second_person_approves_what_was_proposed(session, visit, agent, people):
    first, second = people

    assert visit(first).submit(HERE, **adjustment(agent)).status_code == 302
    [found] = session.scalars(select(CarriedItem)).all()
    visit(first).submit(f"{HERE}/{found.id}", action="approve")
    session.expire_all()
    assert found.state is CarriedState.PROPOSED
    page = visit(second).get(HERE).get_data(as_text=True)
    assert "−Rp7.000" in page
    visit(second).submit(f"{HERE}/{found.id}", action="approve")

    session.expire_all()
    assert (found.state, found.agent_idr) == (CarriedState.APPROVED, -7_000)
    assert "Masuk ke laporan yang dihitung berikutnya" in visit(second).get(HERE).get_data(
        as_text=True
    )


def test_commission_of_a_contribution_is_taken_back_by_the_workers_name(
    session, visit, agent, people
):
    [worker] = _workers(session, agent)

    answer = visit(people[0]).submit(f"{HERE}/tarik", **reversal(agent, worker))
    [found] = session.scalars(select(CarriedItem)).all()
    visit(people[1]).submit(f"{HERE}/{found.id}", action="approve")

    session.expire_all()
    assert answer.status_code == 302
    assert (found.agent_idr, found.office_idr) == (-2_520, -252)
    assert worker.name in visit(people[1]).get(HERE).get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"code": "TIDAKADA"}, "Kode agen itu tidak ada"),
        ({"agent_idr": "", "office_idr": "0"}, "bukan nol"),
        ({"agent_idr": "banyak"}, "Tulis rupiah tanpa koma"),
        ({"why": ""}, "Wajib diisi"),
    ],
)
def test_a_wrong_adjustment_is_said_at_its_field_and_nothing_typed_is_lost(
    session, visit, agent, people, values, says
):
    answer = visit(people[0]).submit(HERE, **adjustment(agent, **values))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page
    assert values.get("code", agent.code) in page
    assert session.scalars(select(CarriedItem)).all() == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"from_month": "2026-10"}, "tidak punya laporan komisi yang disetujui"),
        ({"worker": "Siapa Saja"}, "tidak menyebut pekerja"),
        ({"month": "2026-10"}, "tidak punya komisi untuk iuran"),
        ({"from_month": "nanti"}, "Tulis bulan seperti"),
    ],
)
def test_a_wrong_reversal_is_said_and_nothing_typed_is_lost(
    session, visit, agent, people, values, says
):
    [worker] = _workers(session, agent)

    answer = visit(people[0]).submit(f"{HERE}/tarik", **reversal(agent, worker, **values))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page
    assert "iuran dikembalikan" in page


def _workers(session, agent):
    return session.scalars(select(Worker).where(Worker.agent_id == agent.id)).all()
