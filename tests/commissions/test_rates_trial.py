"""What proposed rates would have changed in past months."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.commissions import rates_trial
from agentsys.commissions.lines import Item
from agentsys.commissions.models import Statement
from agentsys.commissions.rates.models import RatesTrial
from agentsys.crypto import Vault
from agentsys.extension.contract import Beneficiary, Message
from agentsys.plugins.perisai_2022.settings import RULE as INCENTIVE
from tests.commissions.builders import (
    NOVEMBER,
    portfolio,
    savepoints,
)
from tests.commissions.rates import HOOK, RULES, propose, sponsored, tried, two_of
from tests.factories import make_agent


def test_a_trial_counts_each_line_and_grants_nothing(session: Session, vault: Vault) -> None:
    agent, other = make_agent(session), make_agent(session)
    portfolio(session, vault, agent, 10)
    portfolio(session, vault, other, 10)
    sponsored(session, other)
    first, _second = two_of(session, None)
    values = dict(INCENTIVE.packaged[0].rates.values) | {"collection": "1-60: 20"}
    typed = {
        name: value if isinstance(value, tuple) else str(value) for name, value in values.items()
    }
    found = propose(
        session, first, rule=INCENTIVE, values=typed | {"payers": ["self"]}, valid_from=NOVEMBER
    )

    tried(session, found)

    rows = {
        row.agent_id: row
        for row in session.scalars(select(RatesTrial).where(RatesTrial.month == NOVEMBER))
    }
    changed = rows[agent.id]
    assert (changed.match_lines, changed.rate_lines, changed.gone_lines) == (0, 11, 0)
    assert (changed.before_idr, changed.after_idr) == (25_200 + 2_520, 33_600 + 3_360)
    assert changed.rate_idr == changed.after_idr - changed.before_idr
    gone = rows[other.id]
    assert (gone.gone_lines, gone.after_idr) == (11, 0)
    assert session.scalars(select(Statement)).all() == []


def test_a_trial_that_fails_for_an_agent_says_so_and_goes_on(
    session: Session, vault: Vault
) -> None:
    agent, other = make_agent(session), make_agent(session)
    for each in (agent, other):
        portfolio(session, vault, each, 1)
    first, _second = two_of(session, None)
    found = propose(session, first, valid_from=NOVEMBER)

    def broken(month: Any) -> Any:
        if month.agent_id == agent.id:
            raise ValueError("no")
        return HOOK(month)

    rates_trial.run(savepoints(session), rates_id=found.id, hook=broken, rules=RULES)

    rows = session.scalars(select(RatesTrial).where(RatesTrial.month == NOVEMBER))
    problems = {row.agent_id: row.problem for row in rows}
    assert problems == {agent.id: "ValueError", other.id: ""}


def test_lines_are_compared_by_subject_rule_and_beneficiary() -> None:
    def item(subject: str, amount_idr: int) -> Item:
        return Item(
            rule="r",
            version="v",
            beneficiary=Beneficiary.AGENT,
            subject=subject,
            amount_idr=amount_idr,
            reason=Message(text=""),
            worker_id=None,
            month=None,
        )

    before = {i.key: i for i in (item("same", 1), item("rate", 2), item("gone", 4))}
    after = {i.key: i for i in (item("same", 1), item("rate", 5), item("new", 8))}

    assert rates_trial.compare(before, after) == {
        "match_lines": 1,
        "rate_lines": 1,
        "new_lines": 1,
        "gone_lines": 1,
        "before_idr": 7,
        "after_idr": 14,
        "rate_idr": 3,
    }
