"""Who may enter these pages."""

from agentsys.people.models import RoleName
from agentsys.web.access import room

agent = room("agent", __name__, roles={RoleName.AGENT})
