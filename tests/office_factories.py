"""Factories of what an office has beside workers: groups, and terms of commissions."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.rates.models import CommissionRates, RatesCertainty, RatesState
from agentsys.people.models import RoleName
from agentsys.terms.models import (
    CommissionFunding,
    CommissionTerms,
    TaxPeriod,
    TermsState,
    Withholder,
)
from agentsys.workers.kinds import Ecosystem, GroupKind
from agentsys.workers.models import WorkerGroup
from tests.factories import make_user

_numbers = itertools.count(1)
BONUS = {
    "measure": "new",
    "each": 10,
    "amount_idr": 50_000,
    "payers": ["self"],
    "office_percent": "0",
    "most_idr": 0,
}


def make_group(session: Session, *, office_id: int, **values: Any) -> WorkerGroup:
    """An open market of the office."""
    group = WorkerGroup(
        **{
            "office_id": office_id,
            "ecosystem": Ecosystem.PASAR,
            "kind": GroupKind.MARKET,
            "name": f"Pasar {next(_numbers)}",
        }
        | values
    )
    session.add(group)
    session.flush()
    return group


def decided_terms(session: Session, *, office_id: int | None, **values: Any) -> CommissionTerms:
    """Terms since 2018 that two people decided; the package's, but for the values given."""
    terms = CommissionTerms(
        **{
            "office_id": office_id,
            "valid_from": date(2018, 1, 1),
            "funding": CommissionFunding.BPJS,
            "agent_tax_by": Withholder.OFFICE,
            "office_tax_by": Withholder.BPJS,
            "tax_period": TaxPeriod.MONTH,
            "minimum_idr": 10_000,
            "basis": "perjanjian kerja sama",
            "state": TermsState.APPROVED,
            "proposed_by": make_user(session, RoleName.FINANCE, office_id=office_id).id,
            "decided_by": make_user(session, RoleName.FINANCE, office_id=office_id).id,
            "decided_at": clock.now(),
        }
        | values
    )
    session.add(terms)
    session.flush()
    return terms


def proposed_rates(session: Session, *, office_id: int | None, **values: Any) -> CommissionRates:
    """Rates of the bonus that somebody proposed: Rp50.000 for each 10 new workers."""
    rates = CommissionRates(
        **{
            "office_id": office_id,
            "rule": "bonus",
            "valid_from": date(2026, 11, 1),
            "is_on": True,
            "values": BONUS,
            "version": "SK kantor 1/2026",
            "decree": "SK 1/2026",
            "certainty": RatesCertainty.PUBLISHED,
            "basis": "surat kepala kantor",
            "proposed_by": make_user(session, RoleName.FINANCE, office_id=office_id).id,
        }
        | values
    )
    session.add(rates)
    session.flush()
    return rates


def decided_rates(session: Session, *, office_id: int | None, **values: Any) -> CommissionRates:
    """The same, approved by a second person."""
    return proposed_rates(
        session,
        office_id=office_id,
        **{
            "state": RatesState.APPROVED,
            "tried_from": date(2026, 8, 1),
            "tried_at": clock.now(),
            "decided_by": make_user(session, RoleName.FINANCE, office_id=office_id).id,
            "decided_at": clock.now(),
        }
        | values,
    )
