"""The pages of supervisors."""

from agentsys.web.supervisor import (
    agent,
    commissions,
    inbox,
    roster_handling,
    rosters,
    statement,
    team,
)
from agentsys.web.supervisor.blueprint import supervisor

__all__ = [
    "agent",
    "commissions",
    "inbox",
    "roster_handling",
    "rosters",
    "statement",
    "supervisor",
    "team",
]
