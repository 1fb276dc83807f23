"""What a report is about: an office or an agreement, and a range of months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from agentsys.errors import Invalid
from agentsys.months import add_months, months_between

MOST_MONTHS = 36

# Conditions on a row `c` of contributions. Both begin with what an index or a partition finds.
_OF_OFFICE = "c.office_id = :office_id"
_OF_AGREEMENT = "c.bill_id IN (SELECT b.id FROM bills b WHERE b.agreement_id = :agreement_id)"
# The same for months that were paid elsewhere: rows `p` of `earlier_periods`. No sponsor of ours
# paid them.
_ELSEWHERE = "w.office_id = :office_id AND p.state IN ('counted', 'retracting')"
_NOTHING = "false"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The months of a report, both included, of one office or of one of its agreements."""

    office_id: int
    first: date
    last: date
    agreement_id: int | None = None

    def __post_init__(self) -> None:
        """Invalid for a range that is turned round or too long."""
        if self.first > self.last:
            raise Invalid("Bulan awal lebih baru daripada bulan akhir. Tukar keduanya.")
        if add_months(self.first, MOST_MONTHS) <= self.last:
            raise Invalid("Paling banyak {most} bulan dalam satu laporan.", most=MOST_MONTHS)

    @property
    def months(self) -> list[date]:
        """The months, the oldest first."""
        return list(months_between(self.first, self.last))

    @property
    def contributions(self) -> str:
        """The condition on contributions `c`."""
        return _OF_OFFICE if self.agreement_id is None else _OF_AGREEMENT

    @property
    def elsewhere(self) -> str:
        """The condition on months paid elsewhere `p` of workers `w`."""
        return _ELSEWHERE if self.agreement_id is None else _NOTHING

    def values(self) -> dict[str, Any]:
        """The parameters of the conditions and of the months."""
        return {
            "office_id": self.office_id,
            "agreement_id": self.agreement_id,
            "first": self.first,
            "last": self.last,
            "until": add_months(self.last, 1),
        }
