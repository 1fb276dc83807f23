"""The pages of reports."""

from agentsys.web.access import blueprint_for

reports = blueprint_for("reports", __name__, url_prefix="/laporan")
