"""The finance desk: cash, the gateway's money, BPJS and the books."""

from agentsys.web.finance import (
    billing,
    books,
    callbacks,
    cases,
    commissions,
    deposits,
    holds,
    payments,
    remittance,
    remittance_cancelling,
    remittances,
    settlements,
    transfers,
    unexplained,
)
from agentsys.web.finance.room import finance

__all__ = [
    "billing",
    "books",
    "callbacks",
    "cases",
    "commissions",
    "deposits",
    "finance",
    "holds",
    "payments",
    "remittance",
    "remittance_cancelling",
    "remittances",
    "settlements",
    "transfers",
    "unexplained",
]
