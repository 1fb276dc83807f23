"""The agent's pages, for a phone in the rain."""

from agentsys.web.agent import cash, collecting, commission, enrolling, portfolio, receipts
from agentsys.web.agent.blueprint import agent

__all__ = ["agent", "cash", "collecting", "commission", "enrolling", "portfolio", "receipts"]
