"""Enumerations about workers, memberships and lists of workers."""

from __future__ import annotations

from enum import StrEnum


class Sector(StrEnum):
    """The sector of the work; the discount of PP 50/2025 depends on it."""

    TRANSPORT = "transport"
    OTHER = "other"


class Funding(StrEnum):
    """Who pays; the discount of PP 50/2025 is not for state and regional budgets."""

    SELF = "self"
    APBN = "apbn"
    APBD = "apbd"
    APBDES = "apbdes"
    CSR = "csr"


class Programmes(StrEnum):
    """The packages that a BPU worker can have."""

    TWO = "JKK+JKM"
    THREE = "JKK+JKM+JHT"


class NewToBpu(StrEnum):
    """Whether BPJS reported that the NIK was never registered as BPU before."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class RosterStatus(StrEnum):
    """The state of a roster's import."""

    WAITING = "waiting"  # uploaded, its job not started
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # nothing was imported; the reason is in `error`
