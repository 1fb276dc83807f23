"""The sections of docs/states.md about paying commissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agentsys.commissions.approving.models import StageRuleState
from agentsys.commissions.approving.rules import STAGE_RULE_TRANSITIONS
from agentsys.commissions.carried.deciding import CARRIED_TRANSITIONS
from agentsys.commissions.carried.models import CarriedState
from agentsys.commissions.rates.deciding import RATES_TRANSITIONS
from agentsys.commissions.rates.models import RatesState
from agentsys.payments.transitions import decided_chart, observed_chart
from agentsys.payouts.batches import BATCH_TRANSITIONS
from agentsys.payouts.differences import DIFFERENCE_TRANSITIONS
from agentsys.payouts.models import BatchState, LineState
from agentsys.payouts.receipt_models import DifferenceState, ReceiptState
from agentsys.payouts.receipts import RECEIPT_TRANSITIONS
from agentsys.payouts.results import LINE_RESULTS
from agentsys.terms.deciding import TERMS_TRANSITIONS
from agentsys.terms.models import TermsState

Section = Callable[..., str]


def sections(section: Section) -> Iterator[str]:
    """Each section, made by the function that the page has for it."""
    yield _terms(section)
    yield _rates(section)
    yield _stage_rule(section)
    yield _carried(section)
    yield _commission_receipt(section)
    yield _commission_difference(section)
    yield _payout_batch(section)
    yield _payout_line(section)


def _terms(section: Section) -> str:
    return section(
        "Terms of commissions",
        TermsState,
        decided_chart(TERMS_TRANSITIONS),
        "Users decide these; the user who proposed terms cannot approve them, but can withdraw"
        " them. Approved ones apply from their month on and are never edited.",
    )


def _rates(section: Section) -> str:
    return section(
        "Rates of commission rules",
        RatesState,
        decided_chart(RATES_TRANSITIONS),
        "Users decide these; approving needs a trial that is newer than the last decision about"
        " rates. Approved ones apply from their month on and are never edited.",
    )


def _stage_rule(section: Section) -> str:
    return section(
        "Rule of how many approve a commission",
        StageRuleState,
        decided_chart(STAGE_RULE_TRANSITIONS),
        "Users decide these; the user who proposed a rule cannot approve it, but can withdraw it."
        " An approved one applies from its day on and is never edited.",
    )


def _carried(section: Section) -> str:
    return section(
        "Corrections of commission",
        CarriedState,
        decided_chart(CARRIED_TRANSITIONS),
        "Users decide these. An approved one enters the agent's next statement that is computed"
        " and not yet approved, once; the lines of statements say in which one it is.",
    )


def _commission_receipt(section: Section) -> str:
    return section(
        "Payment of BPJS for commissions",
        ReceiptState,
        decided_chart(RECEIPT_TRANSITIONS),
        "Users decide these; who recorded a payment cannot confirm it. A confirmed one is booked,"
        " and what BPJS paid for an agent can be paid out.",
    )


def _commission_difference(section: Section) -> str:
    return section(
        "Difference with BPJS about a commission",
        DifferenceState,
        decided_chart(DIFFERENCE_TRANSITIONS),
        "Users decide these; who explained a difference does not book it.",
    )


def _payout_batch(section: Section) -> str:
    return section(
        "Batch of payouts to agents",
        BatchState,
        decided_chart(BATCH_TRANSITIONS),
        "Users decide these; who prepared a batch cannot approve it, and neither can an agent in"
        " it. Making the bank's file sets `sent`; the result of the last payout sets `finished`.",
    )


def _payout_line(section: Section) -> str:
    return section(
        "Payout to an agent",
        LineState,
        observed_chart(LINE_RESULTS),
        "A payout is `prepared`, `approved` and `sent` with its batch, and `cancelled` with it, or"
        " if its sums or its account changed. The results of the bank do the rest.",
    )
