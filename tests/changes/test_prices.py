"""A change of sector, income, package or payer gives open months another price."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.changes import deciding, proposing
from agentsys.changes.models import ChangeState
from agentsys.contributions import billing
from agentsys.contributions.models import Contribution
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.memberships import lapsing
from agentsys.memberships.ending import end
from agentsys.payments import open_payments
from agentsys.people.models import RoleName, User
from agentsys.workers.kinds import EndReason, Funding, Programmes, Sector
from agentsys.workers.models import Enrolment, Worker
from tests.changes.steps import NOVEMBER, approved, proposed
from tests.factories import make_agent, make_user, make_worker
from tests.memberships.steps import take_cash
from tests.payments.provider import DictPay

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)
JULY, AUGUST = date(2026, 7, 1), date(2026, 8, 1)


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member since September, billed for each month."""
    found = make_worker(session, vault, agent=make_agent(session), enrolled_from=SEPTEMBER)
    billing.ensure_billed(session, worker_id=found.id, months=[SEPTEMBER, OCTOBER, NOVEMBER])
    return found


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    """Who proposes."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


@pytest.fixture
def second(session: Session, worker: Worker) -> User:
    """Who approves."""
    return make_user(session, RoleName.FINANCE, office_id=worker.office_id)


def test_a_higher_income_gives_open_months_from_its_month_on_another_price(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, since=OCTOBER, income_idr=2_800_000)
    assert _prices(session, worker) == {SEPTEMBER: 8_400, OCTOBER: 8_400, NOVEMBER: 8_400}

    approved(session, vault, proposal, second)

    assert _prices(session, worker) == {SEPTEMBER: 8_400, OCTOBER: 18_150, NOVEMBER: 18_150}
    assert session.get_one(Worker, worker.id).income_idr == 2_800_000


def test_what_was_paid_stays_and_the_difference_is_told(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    take_cash(session, worker, [SEPTEMBER, OCTOBER])
    proposal = proposed(session, vault, worker, clerk, since=SEPTEMBER, income_idr=1_200_000)

    effect = deciding.effect_of_change(session, proposal.id)
    approved(session, vault, proposal, second)

    assert [(m.month, m.difference_idr, m.paid) for m in effect.months] == [
        (SEPTEMBER, 1_000, True),
        (OCTOBER, 1_000, True),
        (NOVEMBER, 1_000, False),
    ]
    assert _prices(session, worker) == {SEPTEMBER: 8_400, OCTOBER: 8_400, NOVEMBER: 9_400}


def test_a_month_paid_since_is_shown_anew_before_it_is_approved(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, since=SEPTEMBER, income_idr=1_200_000)
    seen = deciding.effect_of_change(session, proposal.id).version
    take_cash(session, worker, [SEPTEMBER])

    with pytest.raises(proposing.EffectChanged):
        deciding.approve(session, vault=vault, change_id=proposal.id, seen=seen, actor_id=second.id)

    approved(session, vault, proposal, second)
    assert _prices(session, worker)[SEPTEMBER] == 8_400


def test_a_worker_changed_since_is_not_changed_by_the_old_proposal(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, sector="transport")
    session.get_one(Worker, worker.id).sector = Sector.TRANSPORT
    session.flush()

    with pytest.raises(Conflict, match="berubah sejak diusulkan"):
        approved(session, vault, proposal, second)


def test_nobody_approves_the_own_proposal_whatever_the_roles(
    session: Session, vault: Vault, worker: Worker
) -> None:
    both = make_user(
        session, RoleName.SUPERVISOR, RoleName.FINANCE, RoleName.ADMIN, office_id=worker.office_id
    )
    proposal = proposed(session, vault, worker, both, income_idr=1_200_000)

    with pytest.raises(Forbidden, match="orang kedua"):
        approved(session, vault, proposal, both)


def test_an_agent_approves_nothing_about_the_own_workers(
    session: Session, vault: Vault, clerk: User
) -> None:
    boss = make_user(session, RoleName.AGENT, RoleName.FINANCE, office_id=clerk.office_id)
    agent = make_agent(session, office_id=clerk.office_id, user_id=boss.id)
    own = make_worker(session, vault, agent=agent)
    proposal = proposed(session, vault, own, clerk, income_idr=1_200_000)

    with pytest.raises(Forbidden, match="tanggungan Anda sendiri"):
        approved(session, vault, proposal, boss)


def test_another_office_decides_nothing(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    elsewhere = make_user(session, RoleName.FINANCE, office_id=make_agent(session).office_id)
    proposal = proposed(session, vault, worker, clerk, income_idr=1_200_000)

    with pytest.raises(NotFound):
        approved(session, vault, proposal, elsewhere)


def test_a_payment_under_way_is_not_overtaken(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, since=SEPTEMBER, income_idr=1_200_000)
    open_payments.bill(
        session,
        key="a-payment-under-way",
        channel=DictPay(),
        worker_id=worker.id,
        months=[SEPTEMBER],
        actor_id=None,
        agent_id=None,
    )

    with pytest.raises(Conflict, match="sedang berjalan dengan harga lama"):
        approved(session, vault, proposal, second)


def test_another_package_begins_another_period(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, programmes="JKK+JKM+JHT")

    approved(session, vault, proposal, second)

    periods = session.scalars(
        select(Enrolment).where(Enrolment.worker_id == worker.id).order_by(Enrolment.from_month)
    ).all()
    assert [(p.from_month, p.until_month, p.programmes, p.end_reason) for p in periods] == [
        (SEPTEMBER, NOVEMBER, Programmes.TWO, EndReason.CHANGED),
        (NOVEMBER, None, Programmes.THREE, None),
    ]
    assert _prices(session, worker) == {SEPTEMBER: 8_400, OCTOBER: 8_400, NOVEMBER: 28_400}


def test_a_sponsor_of_the_state_pays_without_discount(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, since=OCTOBER, funding="apbd")

    approved(session, vault, proposal, second)

    assert _prices(session, worker) == {SEPTEMBER: 8_400, OCTOBER: 16_800, NOVEMBER: 16_800}
    payers = session.scalars(
        select(Contribution.funding)
        .where(Contribution.worker_id == worker.id)
        .order_by(Contribution.month)
    ).all()
    assert payers == [Funding.SELF, Funding.APBD, Funding.APBD]


def test_a_package_does_not_change_for_a_month_that_is_paid(
    session: Session, vault: Vault, worker: Worker, clerk: User
) -> None:
    take_cash(session, worker, [SEPTEMBER, OCTOBER])

    with pytest.raises(Invalid, match="Oktober 2026 sudah dibayar"):
        proposed(session, vault, worker, clerk, since=OCTOBER, programmes="JKK+JKM+JHT")


@pytest.mark.parametrize("since", [date(2026, 8, 1), date(2027, 12, 1), date(2026, 11, 2)])
def test_a_month_outside_the_membership_or_too_far_ahead_is_refused(
    session: Session, vault: Vault, worker: Worker, clerk: User, since: date
) -> None:
    with pytest.raises(Invalid):
        proposed(session, vault, worker, clerk, since=since, income_idr=1_200_000)


def test_one_proposal_at_a_time_and_its_maker_may_withdraw_it(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, income_idr=1_200_000)
    with pytest.raises(Conflict, match="Sudah ada usul"):
        proposed(session, vault, worker, second, income_idr=1_300_000)
    with pytest.raises(NotFound):
        proposing.withdraw(session, change_id=proposal.id, actor_id=second.id)

    proposing.withdraw(session, change_id=proposal.id, actor_id=clerk.id)

    assert proposal.state is ChangeState.WITHDRAWN
    assert proposed(session, vault, worker, second, income_idr=1_300_000).id > proposal.id


def test_a_refused_proposal_says_why_and_changes_nothing(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    proposal = proposed(session, vault, worker, clerk, income_idr=1_200_000)
    with pytest.raises(Invalid, match="alasan menolak"):
        deciding.refuse(session, change_id=proposal.id, note=" ", actor_id=second.id)

    deciding.refuse(session, change_id=proposal.id, note="Slip lama", actor_id=second.id)

    assert (proposal.state, proposal.note) == (ChangeState.REFUSED, "Slip lama")
    assert session.get_one(Worker, worker.id).income_idr == 1_000_000


def test_another_package_does_not_begin_the_clock_of_arrears_anew(
    session: Session, vault: Vault, clerk: User, second: User
) -> None:
    late = make_worker(
        session,
        vault,
        agent=make_agent(session, office_id=clerk.office_id),
        enrolled_from=JULY,
    )
    assert (late.id, OCTOBER) in lapsing.lapsed(session)

    approved(
        session, vault, proposed(session, vault, late, clerk, programmes="JKK+JKM+JHT"), second
    )

    assert (late.id, OCTOBER) in lapsing.lapsed(session)


def test_a_death_before_the_change_ends_the_period_in_which_it_happened(
    session: Session, vault: Vault, worker: Worker, clerk: User, second: User
) -> None:
    approved(
        session, vault, proposed(session, vault, worker, clerk, programmes="JKK+JKM+JHT"), second
    )

    end(
        session,
        worker_id=worker.id,
        reason=EndReason.DIED,
        happened_on=date(2026, 9, 20),
        note="Akta kematian 12/2026",
        actor_id=clerk.id,
    )

    periods = session.scalars(select(Enrolment).where(Enrolment.worker_id == worker.id)).all()
    assert [(p.from_month, p.until_month, p.end_reason) for p in periods] == [
        (SEPTEMBER, OCTOBER, EndReason.DIED)
    ]


def _prices(session: Session, worker: Worker) -> dict[date, int]:
    session.expire_all()
    rows = session.execute(
        select(Contribution.month, Contribution.amount_idr)
        .where(Contribution.worker_id == worker.id)
        .order_by(Contribution.month)
    )
    return {month: amount for month, amount in rows}
