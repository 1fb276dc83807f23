"""What the jobs of auto-debit do, in the order in which it has to happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from agentsys import clock
from agentsys.db import in_transaction
from agentsys.extension.contract import MandateChannel, PaymentChannel
from agentsys.months import HEAD_OFFICE
from agentsys.payments.mandates import planning, runs, stops
from agentsys.payments.mandates.charging import BATCH, charge_due
from agentsys.payments.mandates.following import follow_tries
from agentsys.payments.mandates.last_look import Why

FOLLOWED = 200


def mandate_channels(channels: Mapping[str, PaymentChannel]) -> dict[str, MandateChannel]:
    """Those of the channels that can debit."""
    return {
        name: channel for name, channel in channels.items() if isinstance(channel, MandateChannel)
    }


def plan() -> int:
    """Plan the debits of the running month, and freeze the lists of the day; an entrypoint."""
    today = clock.now().astimezone(HEAD_OFFICE).date()
    planned = in_transaction(lambda session: planning.plan(session, today=today))
    in_transaction(planning.look_at_put_off)
    in_transaction(runs.open_runs)
    return planned


def make_debits(channels: Mapping[str, MandateChannel]) -> Counter[Why]:
    """Look at all debits that are due, make those that may be made, and follow what ended.

    An entrypoint; counts by reason. Rows say what is due, so it makes up what was missed.
    """
    in_transaction(runs.open_runs)
    in_transaction(stops.watch)
    seen: Counter[Why] = Counter()
    while looked := charge_due(channels):
        seen += looked
        if looked.total() < BATCH:
            break
    while in_transaction(lambda session: follow_tries(session, limit=FOLLOWED)).total() >= FOLLOWED:
        pass
    in_transaction(runs.count_runs)
    return seen
