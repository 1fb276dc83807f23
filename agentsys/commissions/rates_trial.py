"""What proposed rates would have changed in past months; computed without granting anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date

import structlog
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import basis
from agentsys.commissions.lines import Hook, Item, items_of
from agentsys.commissions.rates.deciding import replaced_by
from agentsys.commissions.rates.models import CommissionRates, RatesState, RatesTrial
from agentsys.commissions.rates.reading import Decided, rates_of
from agentsys.errors import Refused
from agentsys.extension.commission_rules import CommissionRule
from agentsys.extension.contract import AgentMonth
from agentsys.months import add_months, months_between
from agentsys.people.models import Agent

MONTHS = 3  # before the running one, which is tried as well
MOST_MONTHS = 12
LOT = 200  # agents in one transaction

Transaction = Callable[[], AbstractContextManager[Session]]

log = structlog.get_logger("agentsys.commissions")


def run(
    transaction: Transaction, *, rates_id: int, hook: Hook, rules: Sequence[CommissionRule]
) -> None:
    """Compute past months twice, as rates are now and as proposed, and store the differences.

    The months are the running one and three before it, and more if the rates begin earlier. Rates
    that were decided meanwhile are left alone. Called again, it computes everything again.
    """
    with transaction() as session:
        found = session.get(CommissionRates, rates_id, with_for_update=True)
        if found is None or found.state is not RatesState.PROPOSED:
            return
        found.tried_at = found.tried_from = None
        session.execute(delete(RatesTrial).where(RatesTrial.rates_id == rates_id))
        proposed: Decided = {found.rule: rates_of(found)} | (
            dict.fromkeys(replaced_by(session, found, rules)) if found.is_on else {}
        )
        office_id, months, began = found.office_id, months_tried(found), clock.now()
    for month in months:
        with transaction() as session:
            agents = basis.agents_to_compute(session, month=month, office_id=office_id)
        for start in range(0, len(agents), LOT):
            with transaction() as session:
                rows = [
                    {
                        "rates_id": rates_id,
                        "month": month,
                        "agent_id": agent_id,
                        **_compared(session, agent_id, month, hook, proposed),
                    }
                    for agent_id in agents[start : start + LOT]
                ]
                session.execute(insert(RatesTrial), rows)
    with transaction() as session:
        found = session.get(CommissionRates, rates_id, with_for_update=True)
        if found is not None and found.state is RatesState.PROPOSED:
            found.tried_from, found.tried_at = months[0], began


def months_tried(found: CommissionRates) -> list[date]:
    """The months that a trial of these rates covers."""
    last = clock.this_month()
    first = min(found.valid_from, add_months(last, -MONTHS))
    return list(months_between(max(first, add_months(last, -MOST_MONTHS)), last))


def _compared(
    session: Session, agent_id: int, month: date, hook: Hook, proposed: Decided
) -> dict[str, int | str]:
    known = basis.agent_month(session, agent=session.get_one(Agent, agent_id), month=month)
    changed = replace(known, rates={**known.rates, **proposed})
    try:
        before, after = _items(hook, known), _items(hook, changed)
    except Exception as error:
        # A rule may be a third-party plugin: its error is a result of the trial.
        log.exception("the trial of rates stopped", agent_id=agent_id)
        said = str(error) if isinstance(error, Refused) else type(error).__name__
        return {**compare({}, {}), "problem": said[:500]}
    return {**compare(before, after), "problem": ""}


def _items(hook: Hook, month: AgentMonth) -> dict[tuple[str, str, str], Item]:
    return {item.key: item for item in items_of(hook(month), month)}


def compare(
    before: dict[tuple[str, str, str], Item], after: dict[tuple[str, str, str], Item]
) -> dict[str, int]:
    """How many lines stay, change their sum, appear and disappear, and the sums in rupiah."""
    kinds: Counter[str] = Counter()
    rate_idr = 0
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old is None or new is None:
            kinds["new_lines" if old is None else "gone_lines"] += 1
        elif old.amount_idr == new.amount_idr:
            kinds["match_lines"] += 1
        else:
            kinds["rate_lines"] += 1
            rate_idr += new.amount_idr - old.amount_idr
    names = ("match_lines", "rate_lines", "new_lines", "gone_lines")
    return {name: kinds[name] for name in names} | {
        "before_idr": sum(item.amount_idr for item in before.values()),
        "after_idr": sum(item.amount_idr for item in after.values()),
        "rate_idr": rate_idr,
    }
