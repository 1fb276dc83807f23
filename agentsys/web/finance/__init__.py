"""The pages of finance: cash, provider payouts, BPJS batches and the journal."""

from agentsys.web.finance import (
    billing,
    books,
    callbacks,
    cases,
    commissions,
    deposits,
    gateway_payouts,
    holds,
    payments,
    remittance,
    remittance_cancelling,
    remittances,
    transfers,
    unexplained,
)
from agentsys.web.finance.blueprint import finance

__all__ = [
    "billing",
    "books",
    "callbacks",
    "cases",
    "commissions",
    "deposits",
    "finance",
    "gateway_payouts",
    "holds",
    "payments",
    "remittance",
    "remittance_cancelling",
    "remittances",
    "transfers",
    "unexplained",
]
