"""The words that name accounts; positive balances are ours to hold, negative ones we owe."""

from __future__ import annotations

BANK = "bank:collection"  # the account that BPJS is paid from
OWED_BPJS = "owed:bpjs"  # contributions that workers paid and BPJS did not confirm yet
SUSPENSE = "suspense"  # money that a person must explain
GATEWAY_FEE = "expense:gateway_fee"
OWN_FUNDS = "equity:own_funds"  # what the network put into the collection account itself

CASH = "cash:agent:"
CLEARING = "clearing:"
OWED_WORKER = "owed:worker:"
CLAIM_WORKER = "claim:worker:"


def cash_of(agent_id: int) -> str:
    """Other people's money in an agent's hands."""
    return f"{CASH}{agent_id}"


def clearing(provider: str) -> str:
    """Money that a provider collected and did not pay out yet."""
    return f"{CLEARING}{provider}"


def owed_to_worker(worker_id: int) -> str:
    """What a worker paid too much."""
    return f"{OWED_WORKER}{worker_id}"


def claim_on_worker(worker_id: int) -> str:
    """What a worker took back although it is on its way to BPJS."""
    return f"{CLAIM_WORKER}{worker_id}"
