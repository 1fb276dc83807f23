"""Who may enter these pages."""

from agentsys.people.models import RoleName
from agentsys.web.access import blueprint_for

finance = blueprint_for(
    "finance",
    __name__,
    roles={RoleName.FINANCE, RoleName.ADMIN, RoleName.AUDITOR},
    url_prefix="/keuangan",
)
