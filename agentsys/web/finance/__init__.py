"""The finance desk: cash, the gateway's money, BPJS and the books."""

from agentsys.people.models import RoleName
from agentsys.web.access import room

finance = room(
    "finance",
    __name__,
    roles={RoleName.FINANCE, RoleName.ADMIN, RoleName.AUDITOR},
    url_prefix="/keuangan",
)

# Each of these adds its pages to the room.
from agentsys.web.finance import (  # noqa: E402
    billing,
    books,
    callbacks,
    cases,
    deposits,
    remittance,
    remittances,
    settlements,
)

__all__ = [
    "billing",
    "books",
    "callbacks",
    "cases",
    "deposits",
    "finance",
    "remittance",
    "remittances",
    "settlements",
]
