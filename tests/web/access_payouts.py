"""A statement, and what waits about paying commissions, proposed by somebody whom nobody is."""

from __future__ import annotations

from datetime import date
from typing import Any

from agentsys import clock
from agentsys.commissions.approving.models import StageRule, StageRuleState
from agentsys.commissions.models import CommissionRun, Statement
from agentsys.db import db
from agentsys.payouts.receipt_models import CommissionDifference, DifferenceWay
from agentsys.people.delegate_models import Delegation
from agentsys.people.models import Agent
from agentsys.terms.models import (
    CommissionFunding,
    CommissionTerms,
    TaxPeriod,
    TermsState,
    Withholder,
)
from tests.factories import make_user
from tests.web.payout_rows import payout_rows


def payouts_of(agent: Agent, run: CommissionRun) -> dict[str, Any]:
    """The rows by the names of URL parameters."""
    second = make_user(db.session(), office_id=agent.office_id).id
    statement = Statement(
        agent_id=agent.id,
        office_id=agent.office_id,
        month=clock.this_month(),
        lines_hash=bytes(32),
        run_id=run.id,
    )
    db.session().add(statement)
    db.session().flush()
    return (
        payout_rows(db.session(), agent)
        | _of_approvals(agent, second)
        | {
            "statement_id": statement,
            "commission_difference_id": CommissionDifference(
                office_id=statement.office_id,
                month=statement.month,
                statement_id=statement.id,
                amount_idr=1,
                way=DifferenceWay.BPJS_COUNTS,
                reason="x",
                proposed_by=second,
            ),
            "terms_id": CommissionTerms(
                office_id=agent.office_id,
                valid_from=date(2026, 11, 1),
                funding=CommissionFunding.OWN,
                agent_tax_by=Withholder.OFFICE,
                office_tax_by=Withholder.BPJS,
                tax_period=TaxPeriod.MONTH,
                minimum_idr=0,
                basis="x",
                # The walk is about rows that are there; in one office only one may wait.
                state=TermsState.APPROVED,
                proposed_by=make_user(db.session(), office_id=agent.office_id).id,
                decided_by=make_user(db.session(), office_id=agent.office_id).id,
                decided_at=clock.now(),
            ),
        }
    )


def _of_approvals(agent: Agent, second: int) -> dict[str, Any]:
    return {
        "delegation_id": Delegation(
            user_id=agent.supervisor_id,
            delegate_id=second,
            from_on=clock.this_month(),
            until_on=clock.this_month(),
            named_by=agent.supervisor_id,
        ),
        "stage_rule_id": StageRule(
            office_id=agent.office_id,
            valid_from=date(2026, 11, 1),
            basis="x",
            state=StageRuleState.APPROVED,
            proposed_by=make_user(db.session(), office_id=agent.office_id).id,
            decided_by=make_user(db.session(), office_id=agent.office_id).id,
            decided_at=clock.now(),
        ),
    }
