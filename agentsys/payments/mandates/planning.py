"""The plan: which worker's mandate debits which months on which day, read from what is owed."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import holidays
from agentsys.payments.mandates.rules import (
    FIRST_DAY,
    LATEST_DAY,
    DebitRules,
    debit_day,
    rules_for,
)

# One row for each worker with an active mandate who owes something and has no live debit, and none
# in this period yet. Running it again, or twice at once, adds nothing: the unique keys refuse it.
_PLAN = text("""
WITH day AS (
    SELECT * FROM jsonb_to_recordset(CAST(:days AS jsonb)) AS d (chosen int, on_day date)
), owed AS (
    SELECT mw.mandate_id, mw.worker_id, m.office_id, day.on_day, c.month, c.amount_idr,
           row_number() OVER (PARTITION BY mw.worker_id ORDER BY c.month) AS place
    FROM mandate_workers mw
    JOIN mandates m ON m.id = mw.mandate_id AND m.state = 'active'
    JOIN day ON day.chosen = m.debit_day
    JOIN contributions c
      ON c.worker_id = mw.worker_id AND c.payment_id IS NULL AND c.month <= :period
          AND c.funding = 'self'
    WHERE mw.until IS NULL AND mw.since IS NOT NULL
      AND NOT EXISTS (
          SELECT 1 FROM debits d
          WHERE d.worker_id = mw.worker_id
            AND (d.state IN ('planned', 'announced', 'calling')
                 OR d.mandate_id = mw.mandate_id AND d.period = :period)
      )
), chosen AS (
    SELECT * FROM owed WHERE place <= :most
), made AS (
    INSERT INTO debits (
        mandate_id, worker_id, office_id, period, first_on, due_on, last_on, amount_idr, state, why,
        tries, look_at, visit_note
    )
    SELECT mandate_id, worker_id, min(office_id), :period, min(on_day), min(on_day), :last_on,
           sum(amount_idr), 'planned', '', 0, :now, ''
    FROM chosen
    GROUP BY mandate_id, worker_id
    ORDER BY mandate_id, worker_id
    ON CONFLICT DO NOTHING
    RETURNING id, worker_id
), months AS (
    INSERT INTO debit_months (debit_id, worker_id, month, amount_idr)
    SELECT made.id, chosen.worker_id, chosen.month, chosen.amount_idr
    FROM chosen JOIN made USING (worker_id)
)
SELECT count(*) FROM made
""")
_LOOK_NOW = text("""
UPDATE debits SET look_at = :now
WHERE state IN ('planned', 'announced')
  AND look_at > greatest(CAST(:now AS timestamptz) + interval '2 hours', due_on + interval '1 day')
""")


def plan(session: Session, *, today: date, at: datetime | None = None) -> int:
    """Plan the debits of the running month; how many are new.

    Read from rows, so a day on which no worker process ran is made up by the next run. A payer
    whose chosen day is too near for a notice, or past, is debited on the first day that leaves time
    for one; if that is after the month's last day, the month waits for the next one's debit.
    """
    holidays.refresh(session)
    rules = rules_for(today)
    period = today.replace(day=1)
    days = debit_days(today, rules)
    if not days:
        return 0
    planned = session.execute(
        _PLAN,
        {
            "days": json.dumps([{"chosen": c, "on_day": d.isoformat()} for c, d in days.items()]),
            "period": period,
            "last_on": period.replace(day=rules.last_day),
            "most": rules.most_months,
            "now": at or clock.now(),
        },
    ).scalar_one()
    return int(planned)


def look_at_put_off(session: Session) -> None:
    """Have debits looked at now whose next look is too late for their day.

    Such a time was written by a clock that ran ahead.
    """
    session.execute(_LOOK_NOW, {"now": clock.now()})


def debit_days(today: date, rules: DebitRules) -> dict[int, date]:
    """The real day of this month's debit for each day that payers may choose.

    Days are left out for which no notice is possible in time any more.
    """
    period = today.replace(day=1)
    last = period.replace(day=rules.last_day)
    soonest = first_possible(today, rules)
    days = {
        chosen: max(debit_day(period, chosen, rules), soonest)
        for chosen in range(FIRST_DAY, LATEST_DAY + 1)
    }
    return {chosen: day for chosen, day in days.items() if day <= last}


def first_possible(today: date, rules: DebitRules) -> date:
    """The first day on which a debit announced today may be made."""
    whole_days = -(-rules.notice_hours // 24)
    return today + timedelta(days=whole_days + 1)
