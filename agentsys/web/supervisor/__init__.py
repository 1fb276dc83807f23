"""The supervisor's desk."""

from agentsys.web.supervisor import commission_sheet, commissions, inbox, rosters, statement, team
from agentsys.web.supervisor.blueprint import supervisor

__all__ = [
    "commission_sheet",
    "commissions",
    "inbox",
    "rosters",
    "statement",
    "supervisor",
    "team",
]
