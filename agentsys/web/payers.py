"""How pages name who pays a worker's contributions."""

from __future__ import annotations

from typing import Any

from agentsys.web.texts import lazy
from agentsys.workers.kinds import Funding

PAYERS: dict[Funding, Any] = {
    Funding.APBD: lazy("APBD (pemerintah daerah)"),
    Funding.APBN: lazy("APBN"),
    Funding.APBDES: lazy("APBDes (desa)"),
    Funding.CSR: lazy("CSR / donatur"),
    Funding.SELF: lazy("Pekerja sendiri"),
}
