"""The basis of commissions: an agent's contributions that BPJS confirmed in a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from agentsys.commissions import month_counter
from agentsys.commissions.rates import reading as rates
from agentsys.extension.contract import AgentMonth, ConfirmedContribution
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.people.models import Agent
from agentsys.people.profiles import AgentProfile

# A month that BPJS has twice, under two records of one person, earns once: under the kept one.
_MERGED_TWICE = """EXISTS (
    SELECT FROM worker_merges x WHERE x.merged_id = {worker} AND x.state = 'done'
        AND x.effect -> 'twice' @> jsonb_build_array(
            jsonb_build_object('month', to_char({month}, 'YYYY-MM-DD')))
)"""
_merged_twice = _MERGED_TWICE.format(worker="contributions.worker_id", month="contributions.month")
_merged_twice_before = _MERGED_TWICE.format(worker="c.worker_id", month="c.month")

# What BPJS confirmed in the month, and what it confirmed in the last one after that month's
# approved statement had been computed. A statement keeps no list of what it rests on: what has a
# line in it was in it, and so was what had been confirmed before, even if it earned nothing. The
# hour is for confirmations that were being committed then, and for two clocks. An agent who ended
# earns nothing for the months after that day.
_BASIS = f"""
    WITH basis AS (
        SELECT agent_id, worker_id, month, amount_idr, programmes, funding, confirmed_at
        FROM contributions
        WHERE confirmed_at >= :since AND confirmed_at < :until
            AND NOT EXISTS (SELECT FROM agents x WHERE x.id = agent_id AND x.ended_on < month)
            AND NOT {_merged_twice}
        UNION ALL
        SELECT c.agent_id, c.worker_id, c.month, c.amount_idr, c.programmes, c.funding,
               c.confirmed_at
        FROM statements s
        JOIN contributions c ON c.agent_id = s.agent_id AND c.confirmed_at < :since
            AND c.confirmed_at >= greatest(:last_since, s.computed_at - interval '1 hour')
        WHERE s.month = :last_month AND s.state = 'approved' AND NOT EXISTS (
            SELECT FROM agents x WHERE x.id = c.agent_id AND x.ended_on < c.month
        ) AND NOT {_merged_twice_before} AND NOT EXISTS (
            SELECT FROM statement_lines l
            WHERE l.statement_id = s.id AND l.worker_id = c.worker_id AND l.month = c.month
        )
    )
"""  # noqa: S608  # made of constants


def from_basis(query: str) -> TextClause:
    """A query of the basis, to be run with the `bounds` of a month."""
    return text(_BASIS + query)


_AGENTS = from_basis(
    """
    SELECT id FROM agents a
    WHERE (CAST(:office_id AS bigint) IS NULL OR office_id = CAST(:office_id AS bigint))
        AND EXISTS (SELECT FROM basis b WHERE b.agent_id = a.id)
    """
)

# Months are numbered in the order of confirmation, so that a number once used never changes. The
# earlier ones are counted in an index: of their rows, which grow in number for ever, none is read.
# Whether months under other agents are counted is a dated setting (`month_counter`).
# A worker who paid under another agent before is not new, whatever the registry says. Months
# without any agent were acquired by nobody, so they do not count: hence `<>`, which is not true
# of NULL. Months before this one that are recorded as paid elsewhere raise the number, and show
# that the worker is not new.
_OF_ONE_AGENT = from_basis(
    """
    SELECT c.worker_id, c.month, c.amount_idr, c.programmes, c.funding,
           numbered.number + earlier.under_agent AS number,
           numbered.number = 1 AND NOT earlier.found AND w.new_to_bpu = 'yes' AND NOT EXISTS (
               SELECT FROM contributions o
               WHERE o.worker_id = c.worker_id
                   AND o.agent_id <> :agent_id
                   AND (o.confirmed_at, o.month) < (c.confirmed_at, c.month)
           ) AS new_to_bpu
    FROM basis c
    JOIN (
        SELECT worker_id, month,
               row_number() OVER (PARTITION BY worker_id ORDER BY confirmed_at, month) AS number
        FROM (
            SELECT worker_id, month, confirmed_at FROM contributions
            WHERE agent_id = :agent_id AND confirmed_at < :until
            UNION ALL
            SELECT o.worker_id, o.month, o.confirmed_at FROM contributions o
            WHERE NOT :starts_again AND o.agent_id <> :agent_id AND o.confirmed_at < :until
                AND o.worker_id IN (SELECT worker_id FROM basis WHERE agent_id = :agent_id)
        ) counted
    ) numbered ON numbered.worker_id = c.worker_id AND numbered.month = c.month
    JOIN workers w ON w.id = c.worker_id
    CROSS JOIN LATERAL (
        SELECT count(*) > 0 AS found,
               coalesce(sum(
                   extract(year FROM age(least(p.until_month, c.month), p.from_month)) * 12
                   + extract(month FROM age(least(p.until_month, c.month), p.from_month))
               ) FILTER (WHERE p.agent_id = :agent_id OR (
                   p.kind = 'merged' AND NOT :starts_again AND p.agent_id IS NOT NULL
               )), 0)::int AS under_agent
        FROM earlier_periods p
        WHERE p.worker_id = c.worker_id AND p.from_month < c.month
            AND p.state IN ('counted', 'retracting')
    ) earlier
    WHERE c.agent_id = :agent_id
    ORDER BY c.worker_id, c.month
    """
)

_SIZE = from_basis(
    """
    SELECT count(*), coalesce(sum(amount_idr), 0)::bigint FROM basis WHERE agent_id = :agent_id
    """
)

# Each worker once, with the first contribution under this agent, in the order of `_OF_ONE_AGENT`.
_NEWCOMERS = from_basis(
    """
    SELECT count(*) FILTER (WHERE fresh AND new_to_bpu = 'yes'),
           count(*) FILTER (WHERE fresh AND new_to_bpu = 'unknown'),
           count(*) FILTER (WHERE NOT fresh OR new_to_bpu = 'no')
    FROM (
        SELECT w.new_to_bpu, NOT EXISTS (
                   SELECT FROM contributions o
                   WHERE o.worker_id = f.worker_id AND o.agent_id <> :agent_id
                       AND (o.confirmed_at, o.month) < (f.confirmed_at, f.month)
               ) AND NOT EXISTS (
                   SELECT FROM earlier_periods p
                   WHERE p.worker_id = f.worker_id AND p.from_month < f.month
                       AND p.state IN ('counted', 'retracting')
               ) AS fresh
        FROM (
            SELECT DISTINCT ON (worker_id) worker_id, confirmed_at, month FROM basis
            WHERE agent_id = :agent_id ORDER BY worker_id, confirmed_at, month
        ) f
        JOIN workers w ON w.id = f.worker_id
        WHERE NOT EXISTS (
            SELECT FROM contributions o
            WHERE o.worker_id = f.worker_id AND o.agent_id = :agent_id
                AND (o.confirmed_at, o.month) < (f.confirmed_at, f.month)
        )
    ) first_months
    """
)

# An answer about a worker of the month, or months paid elsewhere, that came after the month's
# statement was computed.
_ANSWERED = from_basis(
    """
    SELECT EXISTS (
        SELECT FROM basis b JOIN workers w ON w.id = b.worker_id
        WHERE b.agent_id = :agent_id AND w.bpu_answered_at > :computed_at
    ) OR EXISTS (
        SELECT FROM basis b JOIN earlier_periods p ON p.worker_id = b.worker_id
        WHERE b.agent_id = :agent_id AND p.changed_at > :computed_at
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
    """The first moments of a calendar month and of the next, in the head office's time zone."""
    return _midnight(month), _midnight(add_months(month, 1))


def agents_to_compute(session: Session, *, month: date, office_id: int | None = None) -> list[int]:
    """Ids of the agents, of an office or of all, who may have earned in that month, in order."""
    return sorted(session.scalars(_AGENTS, {"office_id": office_id, **bounds(month)}))


def size(session: Session, *, agent_id: int, month: date) -> tuple[int, int]:
    """The present number and sum of the contributions in the basis of one agent's month."""
    count, base_idr = session.execute(_SIZE, {"agent_id": agent_id, **bounds(month)}).one()
    return count, base_idr


def agent_month(session: Session, *, agent: Agent | AgentProfile, month: date) -> AgentMonth:
    """The input of a rule for one agent's month, ordered by worker and contribution month."""
    decided = rates.decided(session, office_id=agent.office_id, month=month)
    starts_again = month_counter.setting_in(month).starts_again
    known = {"agent_id": agent.id, "starts_again": starts_again, **bounds(month)}
    rows = session.execute(_OF_ONE_AGENT, known)
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
        rates=decided,
    )


def newcomers(session: Session, *, agent_id: int, month: date) -> Newcomers:
    """How many of the agent's first confirmations of that month count as new workers."""
    known = {"agent_id": agent_id, **bounds(month)}
    counted, waiting, not_new = session.execute(_NEWCOMERS, known).one()
    return Newcomers(counted=counted, waiting=waiting, not_new=not_new)


def answered_since(session: Session, *, agent_id: int, month: date, computed_at: datetime) -> bool:
    """Whether BPJS' answer about a worker of that month was recorded after that moment."""
    known = {"agent_id": agent_id, "computed_at": computed_at, **bounds(month)}
    return bool(session.scalar(_ANSWERED, known))


def bounds(month: date) -> dict[str, date]:
    """The moments between which the basis of a month was confirmed."""
    last_month = add_months(month, -1)
    last_since, since = month_bounds(last_month)
    return {
        "since": since,
        "until": month_bounds(month)[1],
        "last_month": last_month,
        "last_since": last_since,
    }


def _midnight(month: date) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=HEAD_OFFICE)
