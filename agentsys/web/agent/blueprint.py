"""The agent's pages."""

from agentsys.web.access import blueprint_for

agent = blueprint_for("agent", __name__)
