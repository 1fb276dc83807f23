"""The supervisor's desk."""

from agentsys.web.supervisor import agent, commissions, inbox, rosters, statement, team
from agentsys.web.supervisor.blueprint import supervisor

__all__ = [
    "agent",
    "commissions",
    "inbox",
    "rosters",
    "statement",
    "supervisor",
    "team",
]
