"""Workers in a special state of membership, for tests of all pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from agentsys import clock
from agentsys.benefits import claims
from agentsys.changes import deciding
from agentsys.changes.models import WorkerChange
from agentsys.contributions import billing
from agentsys.contributions.earlier_models import EarlierState
from agentsys.data_rights import requests
from agentsys.data_rights.models import DataRequestKind
from agentsys.duplicates import deciding as deciding_pairs
from agentsys.duplicates import merging
from agentsys.handovers import planning
from agentsys.handovers.planning import Chosen, Division
from agentsys.months import add_months
from agentsys.papers import accounts
from agentsys.papers.account_models import AgentAccountState
from agentsys.papers.models import AgentPaper, PaperKind
from agentsys.people import substitutes
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Enrolment, Worker
from tests.changes.steps import proposed
from tests.closing.rows import closed_months
from tests.factories import make_agent, make_earlier, make_worker
from tests.office_factories import make_group
from tests.payments.world import World
from tests.web.payout_rows import payout_rows


def who_left(world: World) -> Worker:
    """A worker whose membership has ended."""
    month = clock.this_month()
    worker = make_worker(
        world.session, world.vault, agent=world.agent, enrolled_from=add_months(month, -2)
    )
    enrolment = world.session.get_one(Enrolment, (worker.id, add_months(month, -2)))
    enrolment.until_month, enrolment.end_reason = month, EndReason.WISHED
    enrolment.ended_at = clock.now()
    world.session.flush()
    return worker


def members(world: World) -> dict[str, list[int]]:
    """What happened to members, for pages: changes, months paid elsewhere, requests, claims."""
    paid = payout_rows(world.session, world.agent)
    ids = {name: [row.id] for name, row in paid.items()}
    return (
        closed_months(world)
        | ids
        | {
            "change_id": changes(world),
            "group_id": [make_group(world.session, office_id=world.office_id).id],
            "period_id": paid_elsewhere(world),
            "request_id": data_requests(world),
            "claim_id": [_claim(world)],
            "handover_id": [_handover(world)],
            "paper_id": [_paper(world)],
            "pair_id": pairs(world),
            "account_id": [_account(world)],
            "merge_id": [_merge(world)],
            "substitution_id": [_substitution(world)],
        }
    )


def data_requests(world: World) -> list[int]:
    """A request of each kind that waits."""
    return [
        requests.ask(
            world.session,
            worker_id=world.worker.id,
            kind=kind,
            asked_how="Datang sendiri",
            actor_id=world.finance.id,
        ).id
        for kind in DataRequestKind
    ]


def pairs(world: World) -> list[int]:
    """A pair that nobody has looked at, and one that is called two persons."""
    session = world.session
    found = [
        make_worker(session, world.vault, agent=world.agent, name="Siti Aminah").id
        for _ in range(3)
    ]
    made = [
        deciding_pairs.note_same_nik(session, worker_id=found[0], other_id=other)
        for other in found[1:]
    ]
    deciding_pairs.call_different(
        session, pair_id=made[1], reason="Dua KTP", actor_id=world.finance.id
    )
    return made


def _merge(world: World) -> int:
    """A proposed merge of two records."""
    kept, merged = (make_worker(world.session, world.vault, agent=world.agent).id for _ in range(2))
    effect = merging.preview(world.session, kept_id=kept, merged_id=merged)
    return merging.propose_merge(
        world.session,
        kept_id=kept,
        merged_id=merged,
        seen=effect.version,
        reason="Satu KTP",
        actor_id=world.finance.id,
    ).id


def _handover(world: World) -> int:
    """A draft of a hand-over of all workers of an agent."""
    session = world.session
    leaving, staying = (make_agent(session, office_id=world.office_id) for _ in range(2))
    make_worker(session, world.vault, agent=leaving)
    return planning.draft(
        session,
        from_agent_id=leaving.id,
        chosen=Chosen(),
        to_agent_ids=[staying.id],
        division=Division.EQUAL,
        from_month=clock.this_month(),
        reason="Agen berhenti",
        actor_id=world.finance.id,
    ).id


def _paper(world: World) -> int:
    """A paper of the agent without a scan."""
    paper = AgentPaper(
        agent_id=world.agent.id,
        kind=PaperKind.CARD,
        number="K-1",
        scan_key="kartu-1",
        from_on=clock.now().date(),
        recorded_by=world.finance.id,
    )
    world.session.add(paper)
    world.session.flush()
    return paper.id


def _account(world: World) -> int:
    """A bank account of the agent that is in force."""
    agent = world.agent
    assert agent.supervisor_id is not None
    account = accounts.propose(
        world.session,
        vault=world.vault,
        agent_id=agent.id,
        bank="BRI",
        holder=agent.name,
        number="1234567890",
        npwp_text="",
        scan=b"",
        actor_id=agent.supervisor_id,
    )
    account.state, account.in_force_on = AgentAccountState.APPROVED, clock.now().date()
    account.decided_by, account.decided_at = world.finance.id, clock.now()
    world.session.flush()
    return account.id


def _substitution(world: World) -> int:
    """A leave of the agent that begins tomorrow."""
    other = make_agent(world.session, office_id=world.office_id)
    tomorrow = substitutes.today() + timedelta(days=1)
    return substitutes.begin(
        world.session,
        agent_id=world.agent.id,
        substitute_id=other.id,
        from_on=tomorrow,
        until_on=tomorrow,
        reason="Cuti",
        actor_id=world.finance.id,
    ).id


def _claim(world: World) -> int:
    return claims.after_death(
        world.session,
        worker_id=who_left(world).id,
        died_on=clock.now().date(),
        actor_id=world.finance.id,
    ).id


def changes(world: World) -> list[int]:
    """A proposed change with an effect on a bill, and one that was refused."""
    month = clock.this_month()
    found = [_change(world, income_idr=2_800_000), _change(world, name="Siti Aminah")]
    billing.ensure_billed(world.session, worker_id=found[0].worker_id, months=[month])
    deciding.refuse(
        world.session, change_id=found[1].id, note="KTP belum ada", actor_id=world.finance.id
    )
    return [change.id for change in found]


def _change(world: World, **values: object) -> WorkerChange:
    worker = make_worker(world.session, world.vault, agent=world.agent)
    by = world.agent.user
    assert by is not None
    return proposed(world.session, world.vault, worker, by, since=clock.this_month(), **values)


def paid_elsewhere(world: World) -> list[int]:
    """Months paid elsewhere that wait, count, and are asked back."""
    first = add_months(clock.this_month(), -40)
    waits: dict[str, Any] = {"decided_by": None, "decided_at": None, "changed_at": None}
    return [
        make_earlier(
            world.session,
            world.worker,
            add_months(first, place),
            add_months(first, place + 1),
            state=state,
            **more,
        ).id
        for place, (state, more) in enumerate(
            [
                (EarlierState.PROPOSED, waits),
                (EarlierState.COUNTED, {}),
                (EarlierState.RETRACTING, {"reason": "Salah orang", "retracted_by": 3}),
            ]
        )
    ]
