"""The supervisor's desk."""

from agentsys.web.supervisor import commissions, inbox, rosters, team
from agentsys.web.supervisor.room import supervisor

__all__ = ["commissions", "inbox", "rosters", "supervisor", "team"]
