"""How many agents earned more in a past month than was computed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, true
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.basis import bounds, from_basis
from agentsys.figures import kept
from agentsys.figures.models import KeptFigure
from agentsys.months import add_months
from agentsys.people.models import Office

# An agent who earned nothing has no statement; a successful run after the month ended
# shows that the month was computed.
_UNCOMPUTED = from_basis(
    """
    SELECT a.office_id, count(*) FROM agents a
    LEFT JOIN statements s ON s.agent_id = a.id AND s.month = :month
    CROSS JOIN LATERAL (
        SELECT count(*) AS contributions, sum(amount_idr) AS base_idr
        FROM basis WHERE agent_id = a.id
    ) found
    WHERE a.office_id = ANY(CAST(:offices AS bigint[]))
        AND s.state IS DISTINCT FROM 'approved' AND found.contributions > 0
        AND (found.contributions, found.base_idr) IS DISTINCT FROM (s.contributions, s.base_idr)
        AND (s.id IS NOT NULL OR NOT EXISTS (
            SELECT FROM commission_runs r
            WHERE r.month = :month AND r.started_at >= :until AND r.finished_at IS NOT NULL
                AND (r.office_id IS NULL OR r.office_id = a.office_id)
        ))
    GROUP BY a.office_id
    """
)


@dataclass(frozen=True)
class Uncomputed:
    """How many agents have confirmations in no statement; and the time of that count, if stored."""

    agents: int
    at: datetime | None = None


def uncomputed(session: Session, *, month: date, office_id: int | None) -> Uncomputed:
    """How many agents, of an office or of all, have confirmations of a month in no statement.

    For a large office it is the last stored count, by a job or at the end of a run.
    """
    figure: Any = KeptFigure
    of_month = (figure.name == kept.UNCOMPUTED) & (figure.month == month)
    found = session.execute(
        select(Office.id, figure.count, figure.at)
        .outerjoin(figure, (figure.office_id == Office.id) & of_month)
        .where(true() if office_id is None else Office.id == office_id)
    ).all()
    to_read = [number for number, _count, at in found if at is None]
    read = in_offices(session, month=month, offices=to_read)
    return Uncomputed(
        agents=sum(read.values()) + sum(count or 0 for _number, count, _at in found),
        at=min((at for _number, _count, at in found if at is not None), default=None),
    )


def in_offices(session: Session, *, month: date, offices: Collection[int]) -> Mapping[int, int]:
    """How many agents of each of these offices that is; offices without any are left out."""
    if not offices:
        return {}
    known = {"offices": list(offices), "month": month, **bounds(month)}
    return {office_id: count for office_id, count in session.execute(_UNCOMPUTED, known)}


def keep(session: Session, *, office_id: int | None = None) -> None:
    """Keep how many there are in large offices, of last month; in one office if it is given."""
    month = add_months(clock.this_month(), -1)
    one: Any = true() if office_id is None else Office.id == office_id
    offices = session.scalars(select(Office.id).where(kept.large(Office.id), one)).all()
    found = in_offices(session, month=month, offices=offices)
    old: Any = true() if office_id is None else KeptFigure.office_id == office_id
    session.execute(delete(KeptFigure).where(KeptFigure.name == kept.UNCOMPUTED, old))
    values = {"name": kept.UNCOMPUTED, "agent_id": 0, "month": month, "at": clock.now()}
    nothing = {"amount_idr": 0, "of_idr": 0}
    rows = [
        {**values, **nothing, "office_id": number, "count": found.get(number, 0)}
        for number in offices
    ]
    if rows:
        session.execute(insert(KeptFigure), rows)
