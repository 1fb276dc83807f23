"""The pages of sponsors."""

from agentsys.web.access import blueprint_for

sponsors = blueprint_for("sponsors", __name__, url_prefix="/sponsor")
