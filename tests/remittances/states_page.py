"""Generates docs/states.md: `./dev docs`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from enum import StrEnum

from agentsys.benefits.claims import CLAIM_TRANSITIONS
from agentsys.benefits.models import ClaimState
from agentsys.changes.models import CHANGE_TRANSITIONS, ChangeState
from agentsys.commissions.approval import STATEMENT_TRANSITIONS
from agentsys.commissions.models import StatementState
from agentsys.contributions.earlier_models import EarlierState
from agentsys.contributions.tariff_models import TariffState
from agentsys.corrections.corrections import CORRECTION_TRANSITIONS
from agentsys.corrections.models import CorrectionState
from agentsys.duplicates.merge_models import MERGE_TRANSITIONS, MergeState
from agentsys.duplicates.models import PAIR_TRANSITIONS, PairState
from agentsys.handovers.models import HandoverState
from agentsys.handovers.transitions import HANDOVER_TRANSITIONS
from agentsys.memberships.earlier import EARLIER_TRANSITIONS
from agentsys.payments.cash import DEPOSIT_TRANSITIONS
from agentsys.payments.deduction_models import DeductionState
from agentsys.payments.deductions import DEDUCTION_TRANSITIONS
from agentsys.payments.deposit_models import DepositState
from agentsys.payments.mandates.observed import MANDATE_TRANSITIONS
from agentsys.payments.payment_moves import PAYMENT_TRANSITIONS
from agentsys.payments.refund_models import RefundState
from agentsys.payments.refunds import REFUND_TRANSITIONS
from agentsys.payments.reversal_models import ReversalState
from agentsys.payments.reversals import REVERSAL_TRANSITIONS
from agentsys.payments.transitions import decided_chart, observed_chart
from agentsys.remittances.batches import REMITTANCE_TRANSITIONS
from agentsys.remittances.difference_models import SettlementState
from agentsys.remittances.models import RemittanceState
from agentsys.remittances.settlements import SETTLEMENT_TRANSITIONS
from agentsys.rosters.transitions import ROSTER_TRANSITIONS
from agentsys.tariffs.deciding import TARIFF_TRANSITIONS
from agentsys.transfers.models import TransferState
from agentsys.transfers.repayments import TRANSFER_TRANSITIONS
from agentsys.workers.kinds import RosterStatus
from tests.remittances import states_page_pay

_OBSERVED = """\
A provider reports these states; its reports may be late, repeated or out of order. Every
transition leads down the table, so a payment ends in the lowest state that was ever reported,
whatever the order. Only a refund can follow a settled payment. `apply_report` in
`agentsys/payments/lifecycle.py` is the only function that changes a payment's state."""

_MEMBER = re.compile(r"^    (\w+) = \"\w+\"(?:  # (.+))?$", re.MULTILINE)


def page() -> str:
    """The whole page."""
    parts = [
        "# States",
        "Generated from the tables in the code; a test compares them. Do not edit by hand.",
        _section("Payment", PAYMENT_TRANSITIONS, observed_chart(PAYMENT_TRANSITIONS), _OBSERVED),
        _section(
            "Mandate",
            MANDATE_TRANSITIONS,
            observed_chart(MANDATE_TRANSITIONS),
            "A provider reports these states, and we end a mandate ourselves. Only an `active` one"
            " is debited. Nothing leads back from the end: a new mandate needs a new consent.",
        ),
        _section(
            "Deposit of an agent's cash",
            DepositState,
            decided_chart(DEPOSIT_TRANSITIONS),
            "Users decide these. The agent cannot confirm a deposit, and neither can the user who"
            " declared it; the agent can withdraw it until then. Nothing is booked before it is"
            " confirmed.",
        ),
        *_remittances(),
        _section(
            "Commission statement",
            StatementState,
            decided_chart(STATEMENT_TRANSITIONS),
            "Users decide these, but not the user who earns the commission or computed it, and"
            " only if the lines are still the ones that were shown.",
        ),
        _section(
            "Transfer with a person",
            TransferState,
            decided_chart(TRANSFER_TRANSITIONS),
            "Users decide these; the user who proposed a transfer cannot book it.",
        ),
        _refund(),
        _reversal(),
        _deduction(),
        _correction(),
        _tariff(),
        *states_page_pay.sections(_section),
        _earlier(),
        _claim(),
    ]
    return "\n\n".join([*parts, _change(), _handovers(), _pair(), _merge(), _list()]) + "\n"


def _remittances() -> list[str]:
    return [
        _section(
            "Remittance to BPJS",
            RemittanceState,
            decided_chart(REMITTANCE_TRANSITIONS),
            "Users decide these. Only `confirmed` makes a worker's contribution count as paid.",
        ),
        _section(
            "Settlement of differences with BPJS",
            SettlementState,
            decided_chart(SETTLEMENT_TRANSITIONS),
            "Users decide these; the user who proposed a settlement cannot book it, and may only"
            " withdraw it.",
        ),
    ]


def _list() -> str:
    return _section(
        "List of workers",
        RosterStatus,
        decided_chart(ROSTER_TRANSITIONS),
        "Users decide these, and jobs do the rest: they look at an `uploaded` list, check one that"
        " is `checking`, and import one that is `waiting`. A list that changes registered people is"
        " `proposed` until a second person approves it, who is not who sent it. A list that has"
        " stored something is `undoing` before it is `cancelled` or `undone`.",
    )


def _change() -> str:
    return _section(
        "Change of a worker's data",
        ChangeState,
        decided_chart(CHANGE_TRANSITIONS),
        "Users decide these; the user who proposed a change cannot approve it, but can withdraw it"
        " until it is decided. Only an approved one changes the worker. Another price from a later"
        " month on waits as `planned` until a job makes it, or until it is cancelled.",
    )


def _reversal() -> str:
    return _section(
        "Reversal of a cash payment",
        ReversalState,
        decided_chart(REVERSAL_TRANSITIONS),
        "Users decide these: not who proposed it, nor who took the cash. An approved one undoes the"
        " payment, opens its months, and voids the receipt by a counter-receipt. The same cash may"
        " then pay another worker or later months, with a new receipt. Who proposed it can withdraw"
        " it until it is decided.",
    )


def _deduction() -> str:
    return _section(
        "Deduction from an agent's commission",
        DeductionState,
        decided_chart(DEDUCTION_TRANSITIONS),
        "The agent asks to have a shortage of deposits deducted, and the office decides. Nothing is"
        " booked before a commission is paid out.",
    )


def _correction() -> str:
    return _section(
        "Correction of a deposit, transfer or payout",
        CorrectionState,
        decided_chart(CORRECTION_TRANSITIONS),
        "Users decide these; the user who proposed one cannot approve it, but can withdraw it. An"
        " approved one negates the original entry: the deposit is `returned`, the transfer is"
        " `reversed`, and the payout can be recorded again.",
    )


def _tariff() -> str:
    return _section(
        "Tariff table",
        TariffState,
        decided_chart(TARIFF_TRANSITIONS),
        "Users decide these; who proposed a table cannot release it, and may withdraw it. A"
        " released table counts from its first month on and is never edited: a correction is a new"
        " table.",
    )


def _refund() -> str:
    return _section(
        "Refund through a provider",
        RefundState,
        decided_chart(REFUND_TRANSITIONS),
        "Users decide these; the user who proposed a refund cannot approve it. An approved one"
        " becomes `given` or `failed` by the provider's answer.",
    )


def _claim() -> str:
    return _section(
        "Claim at BPJS",
        ClaimState,
        decided_chart(CLAIM_TRANSITIONS),
        "BPJS decides a claim; users record how far it is. A recorded death opens one.",
    )


def _earlier() -> str:
    return _section(
        "Months paid elsewhere",
        EarlierState,
        decided_chart(EARLIER_TRANSITIONS),
        "Users decide these; who recorded months, or asked for them back, does not decide, and"
        " neither does the worker's agent. They count for cover and for the number of a month"
        " while they are `counted` or `retracting`.",
    )


def _handovers() -> str:
    return _section(
        "Hand-over of workers",
        HandoverState,
        decided_chart(HANDOVER_TRANSITIONS),
        "Users decide these. A second person accepts it, of the receiving office if it is another"
        " one; a dated rule may let one person carry a small one out. One from a later month waits"
        " as `planned` until a job carries it out. It is undone"
        " only while no new agent was paid.",
    )


def _pair() -> str:
    return _section(
        "Workers who may be one person",
        PairState,
        decided_chart(PAIR_TRANSITIONS),
        "A job finds the pairs, and users decide them. One that is called two persons is open"
        " again for a new reason. A merge sets `merged`.",
    )


def _merge() -> str:
    return _section(
        "Merge of two records",
        MergeState,
        decided_chart(MERGE_TRANSITIONS),
        "Users decide these; the user who proposed a merge cannot approve it, but can withdraw it"
        " until it is decided. It is undone only while nothing depends on it.",
    )


def _section(title: str, states: Iterable[StrEnum], chart: str, words: str) -> str:
    states = list(states)
    meanings = dict(_MEMBER.findall(inspect.getsource(type(states[0]))))
    rows = [f"| `{state.value}` | {meanings.get(state.name, '')} |" for state in states]
    table = "\n".join(["| state | meaning |", "|---|---|", *rows])
    return f"## {title}\n\n{words}\n\n{table}\n\n{chart}"


if __name__ == "__main__":
    print(page(), end="")
