"""What commissions rest on: the contributions of an agent that BPJS confirmed in a month."""

from __future__ import annotations

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
    SELECT DISTINCT agent_id FROM contributions
    WHERE agent_id IS NOT NULL AND confirmed_at >= :since AND confirmed_at < :until
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


def month_bounds(month: date) -> tuple[datetime, datetime]:
    """The first moment of a calendar month on the head office's clock, and that of the next."""
    return _midnight(month), _midnight(add_months(month, 1))


def complete_at(month: date) -> datetime:
    """The moment from which nothing more is confirmed in that month."""
    return month_bounds(month)[1] + SETTLING


def agents_to_compute(session: Session, *, month: date) -> list[int]:
    """Ids of the agents who may have earned in that month, in order."""
    since, until = month_bounds(month)
    return sorted(session.scalars(_AGENTS, {"since": since, "until": until}))


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


def _midnight(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=HEAD_OFFICE)
