"""What waits for a second person about paying commissions, of somebody whom nobody is."""

from __future__ import annotations

from datetime import date
from typing import Any

from agentsys.db import db
from agentsys.people.models import Agent
from agentsys.terms.models import CommissionFunding, CommissionTerms, TaxPeriod, Withholder
from tests.factories import make_user


def payouts_of(agent: Agent) -> dict[str, Any]:
    """The rows by the names of URL parameters."""
    return {
        "terms_id": CommissionTerms(
            office_id=agent.office_id,
            valid_from=date(2026, 11, 1),
            funding=CommissionFunding.OWN,
            agent_tax_by=Withholder.OFFICE,
            office_tax_by=Withholder.BPJS,
            tax_period=TaxPeriod.MONTH,
            minimum_idr=0,
            basis="x",
            proposed_by=make_user(db.session(), office_id=agent.office_id).id,
        ),
    }
