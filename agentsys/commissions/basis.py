"""What commissions rest on: the contributions of an agent that BPJS confirmed in a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.extension.contract import AgentMonth, ConfirmedContribution
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.people.models import Agent

# How long the last confirmations of a month may take to be committed, and two clocks to agree.
SETTLING = timedelta(hours=1)

_AGENTS = text(
    """
    SELECT id FROM agents a
    WHERE (CAST(:office_id AS bigint) IS NULL OR office_id = CAST(:office_id AS bigint))
        AND EXISTS (
            SELECT FROM contributions c
            WHERE c.agent_id = a.id AND c.confirmed_at >= :since AND c.confirmed_at < :until
        )
    """
)

# Months are numbered in the order of confirmation, so that a number once used never changes.
# A worker who paid under another agent before is not new, whatever the registry says.
_OF_ONE_AGENT = text(
    """
    SELECT c.worker_id, c.month, c.amount_idr, c.programmes, c.funding, c.number,
           c.number = 1 AND w.new_to_bpu = 'yes' AND NOT EXISTS (
               SELECT FROM contributions o
               WHERE o.worker_id = c.worker_id
                   AND o.agent_id IS DISTINCT FROM :agent_id
                   AND (o.confirmed_at, o.month) < (c.confirmed_at, c.month)
           ) AS new_to_bpu
    FROM (
        SELECT worker_id, month, confirmed_at, amount_idr, programmes, funding,
               row_number() OVER (PARTITION BY worker_id ORDER BY confirmed_at, month) AS number
        FROM contributions
        WHERE agent_id = :agent_id AND confirmed_at < :until
    ) c
    JOIN workers w ON w.id = c.worker_id
    WHERE c.confirmed_at >= :since
    ORDER BY c.worker_id, c.month
    """
)

_UNCOMPUTED = text(
    """
    SELECT count(*) FROM agents a
    WHERE (CAST(:office_id AS bigint) IS NULL OR office_id = CAST(:office_id AS bigint))
        AND EXISTS (
            SELECT FROM contributions c
            WHERE c.agent_id = a.id AND c.confirmed_at >= :since AND c.confirmed_at < :until
        )
        AND NOT EXISTS (
            SELECT FROM statements s
            WHERE s.agent_id = a.id AND s.month = :month
                AND (s.state = 'approved' OR s.computed_at >= :complete)
        )
    """
)

# Each worker once, with the moment of the first confirmation under this agent.
_NEWCOMERS = text(
    """
    SELECT count(*) FILTER (WHERE fresh AND new_to_bpu = 'yes'),
           count(*) FILTER (WHERE fresh AND new_to_bpu = 'unknown'),
           count(*) FILTER (WHERE NOT fresh OR new_to_bpu = 'no')
    FROM (
        SELECT w.new_to_bpu, NOT EXISTS (
                   SELECT FROM contributions o
                   WHERE o.worker_id = f.worker_id AND o.confirmed_at < f.at
               ) AS fresh
        FROM (
            SELECT worker_id, min(confirmed_at) AS at FROM contributions
            WHERE agent_id = :agent_id AND confirmed_at < :until
            GROUP BY worker_id HAVING min(confirmed_at) >= :since
        ) f
        JOIN workers w ON w.id = f.worker_id
    ) first_months
    """
)

# An answer about a worker of the month that came after the month's statement was computed.
_ANSWERED = text(
    """
    SELECT EXISTS (
        SELECT FROM contributions c JOIN workers w ON w.id = c.worker_id
        WHERE c.agent_id = :agent_id AND c.confirmed_at >= :since AND c.confirmed_at < :until
            AND w.bpu_answered_at > :computed_at
    )
    """
)


@dataclass(frozen=True, kw_only=True)
class Newcomers:
    """Workers first confirmed under an agent in a month: new to BPU, not yet known, and not new."""

    counted: int
    waiting: int
    not_new: int


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """The first moment of a calendar month on the head office's clock, and that of the next."""
    return _midnight(month), _midnight(add_months(month, 1))


def complete_at(month: date) -> datetime:
    """The moment from which nothing more is confirmed in that month."""
    return month_bounds(month)[1] + SETTLING


def agents_to_compute(session: Session, *, month: date, office_id: int | None = None) -> list[int]:
    """Ids of the agents, of an office or of all, who may have earned in that month, in order."""
    since, until = month_bounds(month)
    known = {"office_id": office_id, "since": since, "until": until}
    return sorted(session.scalars(_AGENTS, known))


def uncomputed(session: Session, *, month: date, office_id: int | None) -> int:
    """How many agents, of an office or of all, have a month that is over and not computed since."""
    since, until = month_bounds(month)
    known = {"office_id": office_id, "month": month, "since": since, "until": until}
    return session.scalar(_UNCOMPUTED, known | {"complete": complete_at(month)}) or 0


def agent_month(session: Session, *, agent: Agent, month: date) -> AgentMonth:
    """What a rule may know of one agent's month; the order is by worker and contribution month."""
    since, until = month_bounds(month)
    rows = session.execute(_OF_ONE_AGENT, {"agent_id": agent.id, "since": since, "until": until})
    return AgentMonth(
        agent_id=agent.id,
        office_id=agent.office_id,
        month=month,
        contributions=tuple(
            ConfirmedContribution(
                worker_id=worker_id,
                month=paid_month,
                amount_idr=amount_idr,
                programmes=frozenset(programmes.split("+")),
                month_number=number,
                new_to_bpu=new_to_bpu,
                funding=funding,
            )
            for worker_id, paid_month, amount_idr, programmes, funding, number, new_to_bpu in rows
        ),
    )


def newcomers(session: Session, *, agent_id: int, month: date) -> Newcomers:
    """How many of the agent's first confirmations of that month count as new workers."""
    since, until = month_bounds(month)
    counted, waiting, not_new = session.execute(
        _NEWCOMERS, {"agent_id": agent_id, "since": since, "until": until}
    ).one()
    return Newcomers(counted=counted, waiting=waiting, not_new=not_new)


def answered_since(session: Session, *, agent_id: int, month: date, computed_at: datetime) -> bool:
    """Whether BPJS' answer about a worker of that month was recorded after that moment."""
    since, until = month_bounds(month)
    known = {"agent_id": agent_id, "since": since, "until": until, "computed_at": computed_at}
    return bool(session.scalar(_ANSWERED, known))


def _midnight(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=HEAD_OFFICE)
