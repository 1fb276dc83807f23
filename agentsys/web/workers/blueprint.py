"""The pages about workers that are not an agent's own."""

from agentsys.web.access import blueprint_for

workers = blueprint_for("workers", __name__, url_prefix="/kantor/pekerja")
