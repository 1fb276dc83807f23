"""What happened to a worker, with one of everything that has an address."""

from __future__ import annotations

from datetime import date
from typing import Any

from agentsys import clock
from agentsys.benefits.models import Claim, ClaimKind
from agentsys.changes.models import WorkerChange
from agentsys.duplicates.merge_models import WorkerMerge
from agentsys.duplicates.models import DuplicatePair
from agentsys.people.models import User
from tests.factories import make_earlier, make_worker
from tests.office_factories import make_group


def change_of(session, worker, agent: User) -> dict[str, Any]:
    """A proposed change of the name."""
    change = WorkerChange(
        worker_id=worker.id,
        office_id=worker.office_id,
        before={"name": worker.name},
        after={"name": "Siti"},
        from_month=clock.this_month(),
        effect=[],
        reason="KTP",
        proposed_by=agent.id,
    )
    session.add(change)
    session.flush()
    return {
        "change_id": change.id,
        "group_id": make_group(session, office_id=worker.office_id).id,
    }


def member_rows(session, vault, worker) -> dict[str, Any]:
    """A claim, months paid elsewhere, and a pair of workers who may be one person."""
    claim = Claim(
        worker_id=worker.id,
        office_id=worker.office_id,
        kind=ClaimKind.DEATH,
        happened_on=date(2026, 1, 1),
    )
    session.add(claim)
    session.flush()
    period = make_earlier(session, worker, date(2020, 1, 1), date(2020, 3, 1))
    double = make_worker(session, vault, agent=worker.agent)
    pair = DuplicatePair(
        first_id=worker.id,
        second_id=double.id,
        office_id=worker.office_id,
        score=100,
        reasons={"same_nik": 100},
    )
    session.add(pair)
    session.flush()
    merge = WorkerMerge(
        kept_id=worker.id,
        merged_id=double.id,
        office_id=worker.office_id,
        reason="x",
        effect={},
        before={},
        proposed_by=worker.agent.supervisor_id,
    )
    session.add(merge)
    session.flush()
    return {
        "period_id": period.id,
        "claim_id": claim.id,
        "pair_id": pair.id,
        "merge_id": merge.id,
    }
