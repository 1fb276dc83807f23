"""Makes docs/states.md: `python -m tests.remittances.states_page > docs/states.md`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from enum import StrEnum

from agentsys.commissions.approval import STATEMENT_TRANSITIONS
from agentsys.commissions.models import StatementState
from agentsys.payments.cash import DEPOSIT_TRANSITIONS
from agentsys.payments.lifecycle import PAYMENT_TRANSITIONS
from agentsys.payments.models import DepositState
from agentsys.payments.transitions import decided_chart, observed_chart
from agentsys.remittances.batches import REMITTANCE_TRANSITIONS
from agentsys.remittances.models import RemittanceState
from agentsys.transfers.models import TransferState
from agentsys.transfers.repayments import TRANSFER_TRANSITIONS

_OBSERVED = """\
Observed: a provider tells us, late, twice or out of order. Every arrow leads down the table, so a
payment ends in the lowest state that was ever reported, whatever came first: money wins, and only
a refund follows it. `apply_report` in `agentsys/payments/lifecycle.py` is the only function that
moves a payment."""

_MEMBER = re.compile(r"^    (\w+) = \"\w+\"(?:  # (.+))?$", re.MULTILINE)


def page() -> str:
    """The whole page."""
    parts = [
        "# States",
        "Made from the tables in the code; a test compares. Do not edit by hand.",
        _section("Payment", PAYMENT_TRANSITIONS, observed_chart(PAYMENT_TRANSITIONS), _OBSERVED),
        _section(
            "Deposit of an agent's cash",
            DepositState,
            decided_chart(DEPOSIT_TRANSITIONS),
            "Decided, by somebody else than who declared it, and never by the agent, who can only"
            " withdraw it until then. Nothing is booked before it is confirmed.",
        ),
        _section(
            "Remittance to BPJS",
            RemittanceState,
            decided_chart(REMITTANCE_TRANSITIONS),
            "Decided. Only `confirmed` makes a worker's contribution count as paid.",
        ),
        _section(
            "Commission statement",
            StatementState,
            decided_chart(STATEMENT_TRANSITIONS),
            "Decided, never by who earns it or computed it, and only as it was shown.",
        ),
        _section(
            "Transfer with a person",
            TransferState,
            decided_chart(TRANSFER_TRANSITIONS),
            "Decided; booked by somebody else than who proposed it.",
        ),
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, states: Iterable[StrEnum], chart: str, words: str) -> str:
    states = list(states)
    meanings = dict(_MEMBER.findall(inspect.getsource(type(states[0]))))
    rows = [f"| `{state.value}` | {meanings.get(state.name, '')} |" for state in states]
    table = "\n".join(["| state | meaning |", "|---|---|", *rows])
    return f"## {title}\n\n{words}\n\n{table}\n\n{chart}"


if __name__ == "__main__":
    print(page(), end="")
