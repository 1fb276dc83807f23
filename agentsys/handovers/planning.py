"""Drafts of hand-overs: which workers of an agent go to whom. Nothing moves yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions import billing
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.handovers import picking
from agentsys.handovers.models import Handover
from agentsys.handovers.transitions import HandoverAction, opened
from agentsys.many import among
from agentsys.months import add_months
from agentsys.people.models import Agent, AgentStatus

MONTHS_AHEAD = 3  # a hand-over may be planned
MOST_AGENTS = 20  # who receive workers in one hand-over


class Division(StrEnum):
    """How the workers are divided among several agents."""

    EQUAL = "equal"  # in equal numbers, neighbours together
    KELURAHAN = "kelurahan"  # a kelurahan is never divided


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Which of the agent's workers move; with none of these, all of them."""

    worker_ids: Collection[int] = ()
    kelurahan: Collection[str] = ()
    ticked_by: int | None = None  # those whom this user has ticked (`handover_picks`)


# Neighbours stay together: the workers are counted off by kelurahan and name.
_EQUAL = """
    SELECT id, (CAST(:agents AS bigint[]))[ntile(:parts) OVER (ORDER BY place, name, id)] AS agent
    FROM chosen
"""
_BY_PLACE = """
    SELECT c.id, p.agent FROM chosen c
    JOIN unnest(CAST(:places AS text[]), CAST(:of_places AS bigint[])) AS p (place, agent)
        ON p.place = c.place
"""
_INSERT = """
WITH chosen AS (
    SELECT w.id, w.name, lower(w.kelurahan) AS place, a.from_month
    FROM workers w
    JOIN assignments a ON a.worker_id = w.id AND a.until_month IS NULL
    WHERE w.agent_id = :from_agent_id
        AND (CAST(:worker_ids AS bigint[]) IS NULL OR w.id = ANY (CAST(:worker_ids AS bigint[])))
        AND (CAST(:kelurahan AS text[]) IS NULL
            OR lower(w.kelurahan) = ANY (CAST(:kelurahan AS text[])))
        {ticked}
), divided AS ({division})
INSERT INTO handover_workers (handover_id, worker_id, to_agent_id, since)
SELECT :handover_id, c.id, d.agent, c.from_month FROM chosen c JOIN divided d ON d.id = c.id
"""

_TICKED = """
        AND EXISTS (
            SELECT FROM handover_picks t WHERE t.user_id = :ticked_by
                AND t.from_agent_id = :from_agent_id AND t.worker_id = w.id
        )
"""

_PLACES = """
SELECT p.place, p.number, (
    SELECT o.agent_id FROM workers o
    WHERE o.agent_id = ANY (CAST(:receiving AS bigint[])) AND lower(o.kelurahan) = p.place
        AND p.place <> ''
    GROUP BY o.agent_id ORDER BY count(*) DESC, o.agent_id LIMIT 1
) AS at_home
FROM (
    SELECT lower(w.kelurahan) AS place, count(*) AS number FROM workers w
    WHERE w.agent_id = :from_agent_id
        AND (CAST(:worker_ids AS bigint[]) IS NULL OR w.id = ANY (CAST(:worker_ids AS bigint[])))
        AND (CAST(:kelurahan AS text[]) IS NULL
            OR lower(w.kelurahan) = ANY (CAST(:kelurahan AS text[])))
        {ticked}
    GROUP BY 1
) AS p
ORDER BY p.number DESC, p.place
"""


def draft(
    session: Session,
    *,
    from_agent_id: int,
    chosen: Chosen,
    to_agent_ids: Sequence[int],
    division: Division,
    from_month: date,
    reason: str,
    actor_id: int,
) -> Handover:
    """Store which workers would move to whom, for a preview; each worker once."""
    giving = session.get(Agent, from_agent_id)
    if giving is None:
        raise NotFound(agent_id=from_agent_id)
    receiving = _receiving(session, giving, to_agent_ids)
    refuse_own(session, [giving, *receiving], actor_id)
    _check_month(from_month)
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis alasan serah terima, misalnya: agen berhenti.", about="reason")
    made = Handover(
        office_id=giving.office_id,
        to_office_id=receiving[0].office_id,
        from_agent_id=giving.id,
        from_month=from_month,
        reason=reason,
        workers=1,  # counted once they are stored
        made_by=actor_id,
    )
    session.add(made)
    session.flush()
    workers = _fill(session, made, chosen, [agent.id for agent in receiving], division)
    if not workers:
        raise Invalid("Tidak ada pekerja yang dipilih. Pilih paling sedikit satu.")
    made.workers = workers
    if chosen.ticked_by is not None:
        picking.clear(session, user_id=chosen.ticked_by, agent_id=giving.id)
    session.flush()
    return made


def withdraw(session: Session, *, handover_id: int, actor_id: int) -> Handover:
    """Take back a hand-over that was not carried out yet."""
    handover, to = opened(session, handover_id, HandoverAction.WITHDRAW, actor_id)
    handover.state = to
    session.flush()
    record(session, handover, "withdrawn", actor_id)
    return handover


def record(
    session: Session, handover: Handover, what: str, actor_id: int | None, **more: object
) -> None:
    """Write a step of a hand-over to the audit trail."""
    trail.record(
        session,
        actor_id=actor_id,
        action=f"handover.{what}",
        subject=f"handover:{handover.id}",
        details={
            "from_agent_id": handover.from_agent_id,
            "month": handover.from_month,
            "workers": handover.workers,
            "reason": handover.reason,
            **more,
        },
    )


def refuse_own(session: Session, agents: Sequence[Agent], actor_id: int) -> None:
    """Nobody decides about workers of the own, or gives workers to himself."""
    if any(agent.user_id == actor_id for agent in agents):
        raise Refused("Serah terima dari atau kepada diri sendiri dibuat orang lain. Minta admin.")


def _receiving(session: Session, giving: Agent, ids: Sequence[int]) -> list[Agent]:
    wanted = sorted(set(ids))
    if not 1 <= len(wanted) <= MOST_AGENTS:
        raise Invalid("Pilih 1 sampai {most} agen penerima.", most=MOST_AGENTS, about="to_agents")
    found = session.scalars(select(Agent).where(among(Agent.id, wanted)).order_by(Agent.id)).all()
    if len(found) != len(wanted):
        raise NotFound()
    if giving in found:
        raise Invalid("Agen penerima harus agen lain.", about="to_agents")
    if any(agent.status is not AgentStatus.ACTIVE for agent in found):
        raise Invalid("Agen penerima harus aktif. Pilih agen lain.", about="to_agents")
    if len({agent.office_id for agent in found}) > 1:
        raise Invalid("Semua agen penerima harus dari satu kantor.", about="to_agents")
    return list(found)


def _check_month(from_month: date) -> None:
    now = clock.this_month()
    last = add_months(now, MONTHS_AHEAD)
    if from_month.day != 1 or not now <= from_month <= last:
        raise Invalid(
            "Pilih bulan dari {first_month} sampai {last_month}.",
            first_month=now,
            last_month=last,
            about="from_month",
        )
    billing.check_beginning(from_month)


def _fill(
    session: Session, made: Handover, chosen: Chosen, agents: list[int], division: Division
) -> int:
    """Store the workers of a draft; return how many."""
    values: dict[str, object] = {
        "handover_id": made.id,
        "from_agent_id": made.from_agent_id,
        "worker_ids": list(chosen.worker_ids) or None,
        "kelurahan": [place.lower() for place in chosen.kelurahan] or None,
        "agents": agents,
        "parts": len(agents),
        "ticked_by": chosen.ticked_by,
    }
    how, ticked = _EQUAL, _TICKED if chosen.ticked_by is not None else ""
    if division is Division.KELURAHAN and len(agents) > 1:
        places = _divide(session, ticked, values, agents)
        values["places"], values["of_places"] = list(places), list(places.values())
        how = _BY_PLACE
    stored: Any = session.execute(text(_INSERT.format(division=how, ticked=ticked)), values)
    return int(stored.rowcount)


def _divide(
    session: Session, ticked: str, values: Mapping[str, object], agents: Sequence[int]
) -> dict[str, int]:
    """An agent for each kelurahan: who has most workers there, else who received fewest so far."""
    rows = session.execute(
        text(_PLACES.format(ticked=ticked)), {**values, "receiving": list(agents)}
    ).all()
    total: Counter[int] = Counter(dict.fromkeys(agents, 0))
    found: dict[str, int] = {}
    for place, number, at_home in rows:
        chosen = at_home or min(agents, key=lambda agent: (total[agent], agent))
        found[place] = chosen
        total[chosen] += number
    return found
