"""The agent's pages, made for a phone."""

from agentsys.web.agent import cash, collecting, commission, enrolling, portfolio, receipts
from agentsys.web.agent.blueprint import agent

__all__ = ["agent", "cash", "collecting", "commission", "enrolling", "portfolio", "receipts"]
