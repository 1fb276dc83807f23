"""The sector of a job for the discount of PP 50/2025: transport, or other."""

from __future__ import annotations

import re
from functools import lru_cache

from agentsys.workers.kinds import Sector

_TRANSPORT = re.compile(
    r"\b(ojek|ojol|driver|sopir|supir|pengemudi|kurir|angkot|angkutan|taksi|taxi|becak|bentor"
    r"|transport\w*|delman|kusir|kernet|ekspedisi)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1024)
def sector_of(job: str) -> Sector:
    """Transport if the job's name or category says so."""
    return Sector.TRANSPORT if _TRANSPORT.search(job) else Sector.OTHER
