"""The incentive of Perisai agents, by the published part of its decree; rates in `rates.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentsys.extension.contract import (
    AgentMonth,
    Beneficiary,
    CommissionLine,
    ConfirmedContribution,
    Message,
    hookimpl,
    share,
)
from agentsys.plugins.perisai_2022.rates import Rates, doubtful_payers_in, payers_in, rates_in

_ACQUISITION = (
    "{amount_idr} untuk pekerja baru, {programmes} program;"
    " {count} pekerja baru bulan ini (paling sedikit {least}), {decree}"
)
_COLLECTION = "{percent}% × {base_idr}, iuran bulan ke-{number}, {decree}"
# Where somebody else pays: the published text names no payer, so BPJS has to confirm it.
_ACQUISITION_SPONSORED = (
    "{amount_idr} untuk pekerja baru, {programmes} program;"
    " {count} pekerja baru bulan ini (paling sedikit {least}), {decree};"
    " pembayar {payer}, belum dipastikan BPJS"
)
_COLLECTION_SPONSORED = (
    "{percent}% × {base_idr}, iuran bulan ke-{number}, {decree};"
    " pembayar {payer}, belum dipastikan BPJS"
)
_OFFICE = "{percent}% × {base_idr} (komisi agen bulan ini), untuk kantor (wadah), {decree}"
# Reasons in lines of earlier versions, listed so that they are still translated.
STORED_BEFORE = (
    "{percent}% × {base_idr} (komisi agen bulan ini), untuk wadah, {decree}",
    "{amount_idr} untuk pekerja baru, {programmes} program;"
    " {count} pekerja baru bulan ini (paling sedikit {least}), Perdir 13/2022",
    "{percent}% × {base_idr}, iuran bulan ke-{number}, Perdir 13/2022",
    "{percent}% × {base_idr} (komisi agen bulan ini), untuk wadah, Perdir 13/2022",
)

# DOUBTFUL: the percentages are of contributions as paid, so a discounted contribution (PP 50/2025)
# earns half as much of JKK and JKM, and months paid in advance earn when each is confirmed.


@hookimpl
def commission_lines(month: AgentMonth) -> Iterable[CommissionLine]:
    """Lines for acquisition, collection and the office, by the rates of the month."""
    rates = rates_in(month.month)
    if rates is None:
        return []
    payers = payers_in(month.month)
    new = [c for c in month.new_workers if c.funding in payers]
    paid = [c for c in month.contributions if c.funding in payers]
    doubtful = doubtful_payers_in(month.month)
    for_agent = [*_acquisition(new, rates, doubtful), *_collection(paid, rates, doubtful)]
    return [*for_agent, *_office(for_agent, rates)]


def _acquisition(
    new: list[ConfirmedContribution], rates: Rates, doubtful: frozenset[str]
) -> Iterator[CommissionLine]:
    if len(new) < rates.acquisition_least_workers:
        return
    for contribution in new:
        amount_idr = rates.acquisition_idr.get(len(contribution.programmes))
        if amount_idr:
            yield _for_agent(
                "perisai_2022.acquisition",
                contribution,
                amount_idr,
                rates,
                _reason(
                    contribution,
                    doubtful,
                    (_ACQUISITION, _ACQUISITION_SPONSORED),
                    {
                        "amount_idr": amount_idr,
                        "programmes": len(contribution.programmes),
                        "count": len(new),
                        "least": rates.acquisition_least_workers,
                        "decree": rates.decree,
                    },
                ),
            )


def _collection(
    paid: list[ConfirmedContribution], rates: Rates, doubtful: frozenset[str]
) -> Iterator[CommissionLine]:
    for contribution in paid:
        percent = rates.percent_of(contribution.month_number)
        amount_idr = share(contribution.amount_idr, percent)
        if amount_idr:
            yield _for_agent(
                "perisai_2022.collection",
                contribution,
                amount_idr,
                rates,
                _reason(
                    contribution,
                    doubtful,
                    (_COLLECTION, _COLLECTION_SPONSORED),
                    {
                        "percent": str(percent),
                        "base_idr": contribution.amount_idr,
                        "number": contribution.month_number,
                        "decree": rates.decree,
                    },
                ),
            )


def _reason(
    contribution: ConfirmedContribution,
    doubtful: frozenset[str],
    texts: tuple[str, str],
    values: dict[str, str | int],
) -> Message:
    """The reason of a line; the second text says that its payer is not confirmed."""
    if contribution.funding not in doubtful:
        return Message(text=texts[0], values=values)
    return Message(text=texts[1], values=values | {"payer": contribution.funding.upper()})


def _for_agent(
    rule: str,
    contribution: ConfirmedContribution,
    amount_idr: int,
    rates: Rates,
    reason: Message,
) -> CommissionLine:
    return CommissionLine(
        rule=rule,
        version=rates.source,
        beneficiary=Beneficiary.AGENT,
        amount_idr=amount_idr,
        worker_id=contribution.worker_id,
        month=contribution.month,
        reason=reason,
    )


def _office(for_agent: list[CommissionLine], rates: Rates) -> Iterator[CommissionLine]:
    base_idr = sum(line.amount_idr for line in for_agent)
    amount_idr = share(base_idr, rates.office_percent)
    if amount_idr:
        yield CommissionLine(
            rule="perisai_2022.office",
            version=rates.source,
            beneficiary=Beneficiary.OFFICE,
            amount_idr=amount_idr,
            reason=Message(
                text=_OFFICE,
                values={
                    "percent": str(rates.office_percent),
                    "base_idr": base_idr,
                    "decree": rates.decree,
                },
            ),
        )
