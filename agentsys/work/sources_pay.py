"""Open work about paying commissions: terms that wait for a second person."""

from __future__ import annotations

from agentsys.terms.models import CommissionTerms, TermsState
from agentsys.work.columns import waiting

PROPOSED_TERMS = waiting(
    "terms.proposed",
    CommissionTerms.id,
    since=CommissionTerms.proposed_at,
    office_id=CommissionTerms.office_id,
    about=CommissionTerms.basis,
    not_by=CommissionTerms.proposed_by,
).where(CommissionTerms.state == TermsState.PROPOSED)
