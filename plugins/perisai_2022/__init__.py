"""The incentive of Perisai agents, by the published part of its decree; rates in `rates.toml`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from agentsys.extension.contract import (
    AgentMonth,
    CommissionLine,
    CommissionRule,
    ConfirmedContribution,
    Message,
    Rates,
    hookimpl,
    percent_in,
    share,
)
from agentsys.plugins._rules import of_contribution, of_month, office_on_top
from agentsys.plugins.perisai_2022.settings import RULE

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
_ROUNDING = "pembulatan: persen iuran dihitung dari jumlah sebulan, bukan tiap baris, {decree}"
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
def register_commission_rules() -> Sequence[CommissionRule]:
    """The incentive with its settings."""
    return [RULE]


@hookimpl
def commission_lines(month: AgentMonth) -> Iterable[CommissionLine]:
    """Lines for acquisition, collection and the office, by the rates of the month."""
    rates = month.rates.get(RULE.name)
    if rates is None:
        return []
    payers = rates.words("payers")
    new = [c for c in month.new_workers if c.funding in payers]
    paid = [c for c in month.contributions if c.funding in payers]
    for_agent = [*_acquisition(new, rates), *_collection(paid, rates)]
    return [*for_agent, *office_on_top("perisai_2022.office", for_agent, rates)]


def _acquisition(new: list[ConfirmedContribution], rates: Rates) -> Iterator[CommissionLine]:
    least, doubtful = rates.number("least_new"), rates.words("doubtful_payers")
    if len(new) < least:
        return
    by_programmes = {3: rates.number("three_idr"), 2: rates.number("two_idr")}
    for contribution in new:
        amount_idr = by_programmes.get(len(contribution.programmes))
        if amount_idr:
            values: dict[str, str | int] = {
                "amount_idr": amount_idr,
                "programmes": len(contribution.programmes),
                "count": len(new),
                "least": least,
                "decree": rates.decree,
            }
            reason = _reason(contribution, doubtful, (_ACQUISITION, _ACQUISITION_SPONSORED), values)
            yield of_contribution(
                "perisai_2022.acquisition", contribution, amount_idr, rates, reason
            )


def _collection(paid: list[ConfirmedContribution], rates: Rates) -> Iterator[CommissionLine]:
    bands, doubtful = rates.bands("collection"), rates.words("doubtful_payers")
    bases: dict[Decimal, int] = defaultdict(int)
    granted_idr = 0
    for contribution in paid:
        percent = percent_in(bands, contribution.month_number)
        bases[percent] += contribution.amount_idr
        amount_idr = share(contribution.amount_idr, percent)
        granted_idr += amount_idr
        if amount_idr:
            values: dict[str, str | int] = {
                "percent": str(percent),
                "base_idr": contribution.amount_idr,
                "number": contribution.month_number,
                "decree": rates.decree,
            }
            reason = _reason(contribution, doubtful, (_COLLECTION, _COLLECTION_SPONSORED), values)
            yield of_contribution(
                "perisai_2022.collection", contribution, amount_idr, rates, reason
            )
    if rates.word("rounding") == "total":
        exact = sum((base * percent for percent, base in bases.items()), Decimal(0))
        difference_idr = share(1, exact) - granted_idr
        if difference_idr:
            reason = Message(text=_ROUNDING, values={"decree": rates.decree})
            yield of_month("perisai_2022.rounding", difference_idr, rates, reason)


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
