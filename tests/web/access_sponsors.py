"""A sponsor with one of everything that has an address."""

from __future__ import annotations

from typing import Any

from agentsys import clock
from agentsys.agreements.fact_models import FactList
from agentsys.agreements.kinds import Certainty, PriceBasis, SponsorKind
from agentsys.agreements.models import Agreement, AgreementMember, Bill, ListVersion, Sponsor
from agentsys.months import add_months
from agentsys.workers.kinds import Funding, Programmes
from tests.factories import make_user
from tests.web.bank_rows import bank_rows


def sponsor_rows(session, worker) -> dict[str, Any]:
    """A sponsor, an agreement that somebody else proposed, a version of its list, and a bill."""
    office_id, month = worker.office_id, clock.this_month()
    other = make_user(session, office_id=office_id)
    sponsor = Sponsor(office_id=office_id, kind=SponsorKind.CITY, name=f"Kota {worker.id}")
    session.add(sponsor)
    session.flush()
    agreement = Agreement(
        sponsor_id=sponsor.id,
        office_id=office_id,
        number="PKS",
        signed_on=month,
        funding=Funding.APBD,
        programmes=Programmes.TWO,
        price_basis=PriceBasis.LOWEST,
        from_month=month,
        until_month=add_months(month, 12),
        priority=30,
        made_by=other.id,
    )
    session.add(agreement)
    session.flush()
    member = AgreementMember(
        agreement_id=agreement.id, worker_id=worker.id, from_month=month, left_note=""
    )
    version = ListVersion(
        agreement_id=agreement.id,
        number=1,
        decree="SK",
        decreed_on=month,
        from_month=month,
        whole=True,
        made_by=other.id,
    )
    bill = Bill(agreement_id=agreement.id, office_id=office_id, month=month)
    session.add_all([member, version, bill])
    session.flush()
    facts = _facts(session, office_id, other.id)
    return bank_rows(session, office_id) | {
        "sponsor_id": sponsor.id,
        "agreement_id": agreement.id,
        "version_id": version.id,
        "bill_id": bill.id,
        "facts_id": facts.id,
    }


def _facts(session, office_id: int, made_by: int) -> FactList:
    facts = FactList(
        office_id=office_id,
        source="DTSEN",
        version="1",
        data_on=clock.this_month(),
        certainty=Certainty.SURE,
        filename="dtsen.csv",
        rows=0,
        matched=0,
        unmatched=0,
        refused=0,
        problems=[],
        made_by=made_by,
    )
    session.add(facts)
    session.flush()
    return facts
