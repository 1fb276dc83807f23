"""Workers whose sponsor left: the agent invites them, and they pay themselves."""

from __future__ import annotations

from typing import Any

from agentsys import clock
from agentsys.agreements.kinds import LeaveReason
from agentsys.sponsors import members
from agentsys.work import counts
from agentsys.workers.kinds import EndReason, Funding
from agentsys.workers.models import Enrolment, Worker
from tests.factories import make_agent
from tests.sponsors.world import Sponsored


def left(office: Sponsored) -> Worker:
    """A worker whose sponsor paid until last month."""
    worker = office.worker(enrolled_from=office.later(-2))
    enrolment = office.session.get_one(Enrolment, (worker.id, office.later(-2)))
    agreement = office.agreement(from_month=office.later(-2))
    enrolment.agreement_id, enrolment.funding = agreement.id, Funding.APBD
    enrolment.until_month, enrolment.end_reason = office.month, EndReason.SPONSOR_ENDED
    enrolment.ended_at = clock.now()
    office.session.flush()
    return worker


def test_an_agent_sees_whom_to_invite_and_makes_them_pay_themselves(
    office: Sponsored, visit: Any
) -> None:
    worker = left(office)
    stays = office.worker()
    agent = visit(office.agent.user)
    page = agent.get("/bekas-sponsor").get_data(as_text=True)
    assert f"/pekerja/{worker.id}/bayar-sendiri" in page
    assert f"/pekerja/{stays.id}/bayar-sendiri" not in page
    path = f"/pekerja/{worker.id}/bayar-sendiri"
    form = {"from_month": f"{office.month:%Y-%m}", "programmes": "JKK+JKM", "work": "own"}

    assert agent.submit(path, **form | {"work": ""}).status_code == 422
    assert agent.submit(path, **form | {"from_month": "2020-01"}).status_code == 422
    assert agent.submit(path, **form).location == f"/pekerja/{worker.id}"

    assert office.payers(worker)[-1] == (office.month, None, None)
    assert agent.get(path).status_code == 404  # no longer to be invited


def test_another_agents_former_worker_is_not_there(office: Sponsored, visit: Any) -> None:
    worker = left(office)
    other = make_agent(office.session, office_id=office.office_id)

    assert visit(other.user).get(f"/pekerja/{worker.id}/bayar-sendiri").status_code == 404


def test_the_way_back_needs_nothing_but_a_list(office: Sponsored) -> None:
    worker = left(office)
    agreement = office.agreement()

    office.name(agreement, worker)

    assert office.payers(worker)[-1] == (office.month, agreement.id, None)


def test_the_invitation_is_one_item_of_the_agents_queue(office: Sponsored) -> None:
    for _ in range(2):
        left(office)
    [count] = [
        each
        for each in counts.counts(office.session, office.agent.user)
        if each.kind.key == "sponsor.ended"
    ]

    assert count.number == 1


def test_who_leaves_next_month_is_not_invited_yet(office: Sponsored, visit: Any) -> None:
    worker = office.worker()
    agreement = office.agreement()
    office.name(agreement, worker)
    members.replace(
        office.session,
        agreement_id=agreement.id,
        leaver_id=worker.id,
        why=LeaveReason.OWN_WISH,
        month=office.later(1),
        note="Surat",
        new_id=None,
        actor_id=office.finance.id,
    )

    page = visit(office.agent.user).get("/bekas-sponsor").get_data(as_text=True)

    assert f"/pekerja/{worker.id}/" not in page
