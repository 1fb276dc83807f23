"""The supervisor's desk."""

from agentsys.web.supervisor import commission_sheet, commissions, inbox, rosters, team
from agentsys.web.supervisor.room import supervisor

__all__ = ["commission_sheet", "commissions", "inbox", "rosters", "supervisor", "team"]
