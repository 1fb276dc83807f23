"""The agent's pages, made for a phone."""

from agentsys.web.agent.blueprint import agent
from agentsys.web.views import load_views

__all__ = ["agent"]

load_views(__name__, __path__)
