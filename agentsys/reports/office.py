"""Everything that the report of an office, or of one of its agreements, says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.months import add_months
from agentsys.reports import benefits, covered, money, replacements, retention
from agentsys.reports.asked import Asked
from agentsys.reports.benefits import BenefitSum
from agentsys.reports.covered import Covered
from agentsys.reports.money import MonthMoney
from agentsys.reports.replacements import Leaving
from agentsys.reports.retention import Cohort

USUAL_MONTHS = 13  # so that who began in the first one was here 12 months later
_CONFIRMED = text("""
SELECT 2 * count(confirmed_at) > count(*) FROM contributions
WHERE office_id = :office_id AND month = :month
""")


@dataclass(frozen=True, kw_only=True)
class Report:
    """The parts of a report."""

    asked: Asked
    covered: Covered
    months: Sequence[MonthMoney]
    cohorts: Sequence[Cohort]
    benefits: Sequence[BenefitSum]
    leaving: Sequence[Leaving]


def report(session: Session, asked: Asked) -> Report:
    """The report, by one statement for each part."""
    return Report(
        asked=asked,
        covered=covered.covered(session, asked),
        months=money.months(session, asked),
        cohorts=retention.cohorts(session, asked),
        benefits=benefits.paid(session, asked),
        leaving=replacements.leaving(session, asked),
    )


def usual_last(session: Session, office_id: int) -> date:
    """This month if BPJS has confirmed more than half of it, else the month before."""
    now = clock.this_month()
    known = session.scalar(_CONFIRMED, {"office_id": office_id, "month": now})
    return now if known else add_months(now, -1)
