"""Incentive of Perisai agents under Perdir 13/PERDIR.02/042022, as far as it is published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from agentsys.extension.contract import (
    AgentMonth,
    Beneficiary,
    CommissionLine,
    ConfirmedContribution,
    Message,
    hookimpl,
    share,
)

VERSION = "Perdir 13/PERDIR.02/042022"

# The months in which BPJS confirmed what is counted. When a decree replaces this one, give UNTIL
# the last month of this one, and put the new rates into a plugin of their own.
FROM = date(2022, 4, 1)
UNTIL: date | None = None

ACQUISITION_MIN_WORKERS = 25  # with a NIK that was never registered in the BPU segment
ACQUISITION_IDR = {3: 15_000, 2: 10_000}  # by number of programmes
COLLECTION_PERCENT = [(1, 24, Decimal(15)), (25, 60, Decimal(5))]  # by contribution month
OFFICE_PERCENT = Decimal(10)  # on top: the agent keeps the whole sum

# DOUBTFUL: the published text names no payer, so contributions of every payer earn, from FROM on.
# If BPJS answers that sponsored workers do not, add a row with the month from which that holds.
PAYS_FOR_FUNDING = [
    (date(2022, 4, 1), frozenset({"self", "apbn", "apbd", "apbdes", "csr"})),
]

# DOUBTFUL: the percentages are of contributions as paid, so a discounted contribution (PP 50/2025)
# earns half as much of JKK and JKM, and months paid in advance earn when each is confirmed.


@hookimpl
def commission_lines(month: AgentMonth) -> Iterable[CommissionLine]:
    """Lines for acquisition (from 25 new workers), collection (15 %, then 5 %), office (10 %)."""
    if month.month < FROM or (UNTIL and month.month > UNTIL):
        return []
    payers = _payers_in(month.month)
    new = [c for c in month.new_workers if c.funding in payers]
    paid = [c for c in month.contributions if c.funding in payers]
    for_agent = [*_acquisition(new), *_collection(paid)]
    return [*for_agent, *_office(for_agent)]


def _acquisition(new: list[ConfirmedContribution]) -> Iterator[CommissionLine]:
    if len(new) < ACQUISITION_MIN_WORKERS:
        return
    for contribution in new:
        amount_idr = ACQUISITION_IDR.get(len(contribution.programmes))
        if amount_idr:
            yield CommissionLine(
                rule="perisai_2022.acquisition",
                version=VERSION,
                beneficiary=Beneficiary.AGENT,
                amount_idr=amount_idr,
                worker_id=contribution.worker_id,
                month=contribution.month,
                reason=Message(
                    text="{amount_idr} untuk pekerja baru, {programmes} program;"
                    " {count} pekerja baru bulan ini (paling sedikit {least}), Perdir 13/2022",
                    values={
                        "amount_idr": amount_idr,
                        "programmes": len(contribution.programmes),
                        "count": len(new),
                        "least": ACQUISITION_MIN_WORKERS,
                    },
                ),
            )


def _collection(paid: list[ConfirmedContribution]) -> Iterator[CommissionLine]:
    for contribution in paid:
        percent = _percent_of(contribution.month_number)
        amount_idr = share(contribution.amount_idr, percent)
        if amount_idr:
            yield CommissionLine(
                rule="perisai_2022.collection",
                version=VERSION,
                beneficiary=Beneficiary.AGENT,
                amount_idr=amount_idr,
                worker_id=contribution.worker_id,
                month=contribution.month,
                reason=Message(
                    text="{percent}% × {base_idr}, iuran bulan ke-{number}, Perdir 13/2022",
                    values={
                        "percent": str(percent),
                        "base_idr": contribution.amount_idr,
                        "number": contribution.month_number,
                    },
                ),
            )


def _office(for_agent: list[CommissionLine]) -> Iterator[CommissionLine]:
    base_idr = sum(line.amount_idr for line in for_agent)
    amount_idr = share(base_idr, OFFICE_PERCENT)
    if amount_idr:
        yield CommissionLine(
            rule="perisai_2022.office",
            version=VERSION,
            beneficiary=Beneficiary.OFFICE,
            amount_idr=amount_idr,
            reason=Message(
                text="{percent}% × {base_idr} (komisi agen bulan ini), untuk wadah, Perdir 13/2022",
                values={"percent": str(OFFICE_PERCENT), "base_idr": base_idr},
            ),
        )


def _payers_in(month: date) -> frozenset[str]:
    return max(row for row in PAYS_FOR_FUNDING if row[0] <= month)[1]


def _percent_of(month_number: int) -> Decimal:
    for first, last, percent in COLLECTION_PERCENT:
        if first <= month_number <= last:
            return percent
    return Decimal(0)
