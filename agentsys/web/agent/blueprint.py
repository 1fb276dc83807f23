"""Who may enter these pages."""

from agentsys.people.models import RoleName
from agentsys.web.access import blueprint_for

agent = blueprint_for("agent", __name__, roles={RoleName.AGENT})
