"""Finding people and numbers, within the rows that a user may see."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.extension.contract import PaymentState
from agentsys.payments.models import Receipt
from agentsys.people.models import Agent, RoleName, User
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.search import nik_searches
from agentsys.search.asked import May, read
from agentsys.search.finding import Found, find, suggest
from agentsys.workers import seals
from agentsys.workers.models import Worker
from agentsys.workers.nik_models import EarlierNik
from tests.factories import (
    invented_nik,
    make_agent,
    make_contribution,
    make_office,
    make_payment,
    make_user,
    make_worker,
)

NIK, OLD = invented_nik(4321), invented_nik(77)
pytestmark = pytest.mark.made_up_books


@pytest.fixture
def agent(session: Session) -> Agent:
    """The worker's agent."""
    return make_agent(session)


@pytest.fixture
def worker(session: Session, vault: Vault, agent: Agent) -> Worker:
    """A worker with everything that can be found."""
    found = make_worker(
        session,
        vault,
        agent=agent,
        nik=NIK,
        name="Nu’mah José",
        kpj="21012345678",
        phone="+6281234567890",
    )
    index = vault.index(OLD)
    session.add(
        EarlierNik(
            worker_id=found.id,
            nik_sealed=vault.seal(OLD, seals.earlier_nik_of(index)),
            nik_index=index,
            nik_masked="6474••••••••" + OLD[-4:],
        )
    )
    session.flush()
    return found


@pytest.mark.parametrize(
    "typed",
    [
        "numah jose",
        "NU'MAH",
        "josé",
        NIK,
        f"{NIK[:4]} {NIK[4:8]} {NIK[8:12]} {NIK[12:]}",
        OLD,
        NIK[-4:],
        "21012345678",
        "2101 2345 678",
        "081234567890",
        "+62 812-3456-7890",
        "6281234567890",
    ],
)
def test_a_worker_is_found_by(
    session: Session, vault: Vault, worker: Worker, agent: Agent, typed: str
) -> None:
    found = find(session, _user(session, agent), read(typed), vault=vault)

    assert [one.id for one in found] == [worker.id]
    assert NIK not in str(found)


@pytest.mark.parametrize("typed", ["", "jo", "%%%", "___", "12", "99999999999", "KW-0", "\0\0"])
def test_nothing_is_found_by(
    session: Session, vault: Vault, worker: Worker, agent: Agent, typed: str
) -> None:
    assert find(session, _user(session, agent), read(typed), vault=vault) == []


@pytest.mark.parametrize("typed", ["numah", NIK, NIK[-4:], "21012345678", "081234567890"])
@pytest.mark.parametrize(
    "role", [RoleName.AGENT, RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.AUDITOR]
)
def test_what_is_out_of_reach_is_not_found(
    session: Session, vault: Vault, worker: Worker, role: RoleName, typed: str
) -> None:
    stranger = make_user(session, role, office_id=make_office(session).id)

    assert find(session, stranger, read(typed), vault=vault) == []


def test_a_colleague_in_the_same_office_does_not_find_the_worker(
    session: Session, vault: Vault, worker: Worker, agent: Agent
) -> None:
    colleague = make_agent(session, office_id=agent.office_id)
    other_boss = session.get_one(User, colleague.supervisor_id)

    for user in (_user(session, colleague), other_boss):
        assert find(session, user, read(NIK), vault=vault) == []


def test_an_admin_of_all_offices_finds_everybody(
    session: Session, vault: Vault, worker: Worker
) -> None:
    admin = make_user(session, RoleName.ADMIN)

    assert [one.id for one in find(session, admin, read("numah"), vault=vault)] == [worker.id]


def test_a_receipt_a_payment_and_a_batch_are_found_by_their_numbers(
    session: Session, vault: Vault, worker: Worker, agent: Agent
) -> None:
    payment = make_payment(
        session,
        worker,
        [make_contribution(session, worker)],
        state=PaymentState.CREATED,
        reference="AG261101-0123456789ABCD",
    )
    session.add(Receipt(payment_id=payment.id, number="KW2611-000077", code="ABC"))
    batch = Remittance(
        office_id=worker.office_id,
        count=1,
        amount_idr=1,
        state=RemittanceState.CODED,
        kode_iuran="26110000010",
    )
    session.add(batch)
    session.flush()
    clerk = make_user(session, RoleName.FINANCE, office_id=worker.office_id)

    assert _ids(find(session, clerk, read("kw2611-000077"), vault=vault)) == [payment.id]
    assert _ids(find(session, clerk, read(payment.reference.lower()), vault=vault)) == [payment.id]
    assert _ids(find(session, clerk, read("2611 0000 010"), vault=vault)) == [batch.id]
    mine = _user(session, agent)
    assert _ids(find(session, mine, read("KW2611-000077"), vault=vault)) == [payment.id]
    assert find(session, mine, read("26110000010"), vault=vault) == []


def test_a_nik_is_not_looked_for_while_it_is_typed(
    session: Session, vault: Vault, worker: Worker, agent: Agent
) -> None:
    assert suggest(session, _user(session, agent), read(NIK), vault=vault) == []


def test_searches_for_niks_are_recorded_masked_and_bounded(
    session: Session, vault: Vault, worker: Worker, agent: Agent
) -> None:
    user = _user(session, agent)
    for _ in range(nik_searches.MOST_BY_AGENT):
        nik_searches.check(session, user)
        found = find(session, user, read(NIK), vault=vault)
        nik_searches.record(session, user, digits=NIK, found=found)

    with pytest.raises(nik_searches.TooManySearches):
        nik_searches.check(session, user)
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.action == "nik.searched").limit(1)
    ).one()
    assert event.details == {"nik": "6474••••••••" + NIK[-4:], "worker_ids": [worker.id]}


@pytest.mark.parametrize(
    ("typed", "may"),
    [
        ("Siti", (May.NAME,)),
        ("6474", (May.LAST_FOUR,)),
        (NIK, (May.NIK, May.KPJ)),
        ("21012345678", (May.KPJ, May.CODE)),
        ("081234567890", (May.KPJ, May.PHONE, May.CODE)),
        ("AG261101-7", (May.RECEIPT, May.REFERENCE, May.CODE)),
        ("ab", ()),
    ],
)
def test_what_is_typed_says_what_it_may_be(typed: str, may: tuple[May, ...]) -> None:
    assert read(typed).may == may


def _ids(found: list[Found]) -> list[int]:
    return [one.id for one in found]


def _user(session: Session, agent: Agent) -> Any:
    return session.get_one(User, agent.user_id)
