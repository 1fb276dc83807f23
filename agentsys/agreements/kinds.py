"""Enumerations about sponsors, agreements and bills."""

from __future__ import annotations

from enum import StrEnum

from agentsys.workers.kinds import Funding


class SponsorKind(StrEnum):
    """Whose money a sponsor pays with."""

    STATE = "state"  # APBN
    PROVINCE = "province"  # APBD of a province
    CITY = "city"  # APBD of a city or regency
    VILLAGE = "village"  # APBDes
    COMPANY = "company"  # CSR
    BANK = "bank"
    PLATFORM = "platform"
    DONOR = "donor"

    @property
    def funding(self) -> Funding:
        """What the tariff of PP 50/2025 asks: a public budget gets no discount."""
        return _FUNDING[self]


# For donors, banks and platforms PP 50/2025 says nothing; the tariff treats them like CSR, and its
# discounts are a dated table (contributions/tables/discounts.csv).
_FUNDING = {
    SponsorKind.STATE: Funding.APBN,
    SponsorKind.PROVINCE: Funding.APBD,
    SponsorKind.CITY: Funding.APBD,
    SponsorKind.VILLAGE: Funding.APBDES,
    SponsorKind.COMPANY: Funding.CSR,
    SponsorKind.BANK: Funding.CSR,
    SponsorKind.PLATFORM: Funding.CSR,
    SponsorKind.DONOR: Funding.CSR,
}


class PriceBasis(StrEnum):
    """By which income the tariff prices the months that a sponsor pays."""

    LOWEST = "lowest"  # the lowest of the table, whatever the worker earns
    INCOME = "income"  # what each worker earns


class AgreementState(StrEnum):
    """The state of an agreement."""

    PROPOSED = "proposed"  # a second person decides
    IN_FORCE = "in_force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by who proposed it
    ENDED = "ended"  # before or at the end of its period


class LeaveReason(StrEnum):
    """Why an agreement does not pay for a worker any more."""

    DIED = "died"
    MOVED = "moved"
    WAGE_EARNER = "wage_earner"
    DOUBLED = "doubled"  # another sponsor, or the same person twice
    OFF_LIST = "off_list"  # a later list of the sponsor lacks the worker
    NOT_ELIGIBLE = "not_eligible"  # by a newer version of the social register, for example
    OWN_WISH = "own_wish"  # the worker pays himself
    ENDED = "ended"  # the agreement ended
    UNDONE = "undone"  # the list that brought the worker was undone


class VersionState(StrEnum):
    """The state of one version of an agreement's list."""

    DRAFT = "draft"  # its people are being read
    WAITING = "waiting"  # a second person decides
    APPLIED = "applied"
    REFUSED = "refused"
    UNDONE = "undone"


class BillState(StrEnum):
    """The state of a sponsor's bill."""

    OPEN = "open"  # its month is billed; not sent yet
    SENT = "sent"
    PART_PAID = "part_paid"  # for some of its workers
    PAID = "paid"  # for all of them


class FactKind(StrEnum):
    """What is known of a worker that a sponsor may ask for."""

    DECILE = "decile"  # of the household's welfare in DTSEN, 1 is the poorest
    POOR = "poor"  # on a list of the poor, such as P3KE or DTKS: yes or no
    OCCUPATION = "occupation"  # the class of work, as the list writes it


class Certainty(StrEnum):
    """How sure the facts of a list are."""

    SURE = "sure"  # from the register itself
    LIKELY = "likely"  # reported by an office, such as a kelurahan
    DOUBTFUL = "doubtful"  # told by the worker, or old: nobody loses a sponsor by it


class FactListState(StrEnum):
    """The state of an uploaded list of facts."""

    CHECKED = "checked"  # read; a person looks at how many match
    APPLIED = "applied"
    DROPPED = "dropped"
