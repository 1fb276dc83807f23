"""Who may enter these pages."""

from agentsys.people.models import RoleName
from agentsys.web.access import room

finance = room(
    "finance",
    __name__,
    roles={RoleName.FINANCE, RoleName.ADMIN, RoleName.AUDITOR},
    url_prefix="/keuangan",
)
