"""Who may enter these pages."""

from agentsys.people.models import RoleName
from agentsys.web.access import blueprint_for

supervisor = blueprint_for(
    "supervisor",
    __name__,
    roles={RoleName.SUPERVISOR, RoleName.ADMIN, RoleName.AUDITOR},
    url_prefix="/pembina",
)
