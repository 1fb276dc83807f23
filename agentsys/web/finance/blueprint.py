"""The pages of finance."""

from agentsys.web.access import blueprint_for

finance = blueprint_for("finance", __name__, url_prefix="/keuangan")
