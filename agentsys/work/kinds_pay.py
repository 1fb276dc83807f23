"""The kinds of work about paying commissions."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_pay
from agentsys.work.kind import Group, Kind

PAY_KINDS: tuple[Kind, ...] = (
    Kind(
        key="terms.proposed",
        title="Ketentuan komisi menunggu orang kedua",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_TERMS_APPROVE,
        ends_when="a second person approves the terms or refuses them, or they are withdrawn",
        days=3,
        endpoint="finance.terms",
        source=sources_pay.PROPOSED_TERMS,
    ),
)
