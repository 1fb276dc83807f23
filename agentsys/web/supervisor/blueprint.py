"""The supervisor's pages."""

from agentsys.web.access import blueprint_for

supervisor = blueprint_for("supervisor", __name__, url_prefix="/pembina")
