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

    @property
    def short(self) -> str:
        """Who pays, in a word for a sentence; empty if it is the worker."""
        return _PAYERS[self]


_PAYERS = {
    Funding.SELF: "",
    Funding.APBN: "APBN",
    Funding.APBD: "APBD",
    Funding.APBDES: "APBDes",
    Funding.CSR: "CSR",
}


class Ecosystem(StrEnum):
    """The part of the informal economy through which BPJS reaches a worker."""

    DESA = "desa"  # villages: their officials, farmers, fishermen
    PASAR = "pasar"  # modern and traditional markets
    ECOMMERCE = "ecommerce"  # e-commerce, platforms and small enterprises (UMKM)
    RENTAN = "rentan"  # vulnerable workers, whose contributions a government supports


LONGEST_GROUP = 80  # letters of a group's name


class GroupKind(StrEnum):
    """What a group of workers is."""

    VILLAGE = "village"
    RT = "rt"  # a neighbourhood (rukun tetangga)
    MARKET = "market"
    PLATFORM = "platform"  # of orders, rides or sales
    COOPERATIVE = "cooperative"
    OTHER = "other"


class Programmes(StrEnum):
    """The packages that a BPU worker can have."""

    TWO = "JKK+JKM"
    THREE = "JKK+JKM+JHT"


class Work(StrEnum):
    """How somebody works, as the worker answered."""

    OWN = "own"  # alone or with the family
    EMPLOYER = "employer"  # pays others
    WAGES = "wages"  # for an employer only


class NewToBpu(StrEnum):
    """Whether BPJS reported that the NIK was never registered as BPU before."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Registration(StrEnum):
    """Whether BPJS Ketenagakerjaan has registered a worker whom an office recorded."""

    WAITING = "waiting"  # recorded here, not registered at BPJS yet
    REGISTERED = "registered"
    REFUSED = "refused"  # BPJS refused the data; the agent corrects them


class RegisteredHow(StrEnum):
    """How it is known that BPJS registered a worker."""

    PORTAL = "portal"  # the office entered the worker in BPJS' portal
    LIST = "list"  # a list or an answer of BPJS says so
    ELSEWHERE = "elsewhere"  # the worker did it, such as in the JMO app
    PAID = "paid"  # BPJS confirmed a contribution, so it must have been
    UNKNOWN = "unknown"  # known before it was recorded how


class EndReason(StrEnum):
    """Why a membership, or one package of it, ended."""

    LAPSED = "lapsed"  # more than three months in arrears
    WISHED = "wished"  # the worker wanted it
    DIED = "died"
    WAGE_EARNER = "wage_earner"  # an employer registers the worker now
    MOVED = "moved"  # to a place that no office here serves
    JHT_CLAIMED = "jht_claimed"
    TOO_OLD = "too_old"
    DUPLICATE = "duplicate"  # the same person is recorded twice
    SPONSOR_ENDED = "sponsor_ended"  # nobody pays instead of the worker any more
    CHANGED = "changed"  # the membership goes on with another package or payer
    UNKNOWN = "unknown"  # ended before reasons were recorded


# Once a membership ended for one of these reasons, no month of it is billed any more: the bills are
# closed, and a month that was not billed yet, such as that of a death, stays so.
CLOSES_ALL = frozenset({EndReason.LAPSED, EndReason.DIED, EndReason.DUPLICATE})


class CloseReason(StrEnum):
    """Why nobody has to pay a bill any more: how its membership ended, or who was paid instead."""

    LAPSED = EndReason.LAPSED.value
    WISHED = EndReason.WISHED.value
    DIED = EndReason.DIED.value
    WAGE_EARNER = EndReason.WAGE_EARNER.value
    MOVED = EndReason.MOVED.value
    JHT_CLAIMED = EndReason.JHT_CLAIMED.value
    TOO_OLD = EndReason.TOO_OLD.value
    DUPLICATE = EndReason.DUPLICATE.value
    SPONSOR_ENDED = EndReason.SPONSOR_ENDED.value
    CHANGED = EndReason.CHANGED.value
    UNKNOWN = EndReason.UNKNOWN.value
    PAID_ELSEWHERE = "paid_elsewhere"  # BPJS has the month's money already


class RosterStatus(StrEnum):
    """How far a list of workers is, from its upload to its end."""

    UPLOADED = "uploaded"  # its columns are looked at
    MAPPING = "mapping"  # waits for the sender to confirm the columns
    CHECKING = "checking"  # read from end to end, and nothing is written to workers
    CHECKED = "checked"  # waits for the sender to import it
    PROPOSED = "proposed"  # waits for a second person, as it changes registered people
    WAITING = "waiting"  # may be imported, its job not started
    RUNNING = "running"  # its parts are being stored
    PAUSED = "paused"  # stopped between two parts; it goes on where it was
    UNDOING = "undoing"  # what it stored is taken back
    DONE = "done"  # everything that was accepted is stored
    FAILED = "failed"  # nothing was imported; the reason is in `error`
    CANCELLED = "cancelled"  # before its end; nothing of it is left
    UNDONE = "undone"  # after its end; nothing of it is left
