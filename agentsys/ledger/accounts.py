"""Account names. A positive balance is money that we hold, a negative one a debt of ours.

A name ends with the id of its owner: an office, except for accounts of agents and
workers, which belong to the office of the agent or worker. docs/journal.md has the
grammar.
"""

from __future__ import annotations

import re

BANK = "bank:collection:"  # the account that BPJS is paid from
OWED_BPJS = "owed:bpjs:"  # contributions that workers paid and BPJS did not confirm yet
SUSPENSE = "suspense:"  # suspense: money that a person must explain
OWED_SPONSOR = "owed:sponsor:"  # what a sponsor paid too much; kept for the next bill
CLAIM_SPONSOR = "claim:sponsor:"  # what a sponsor got back though it was used already
RESERVED = "reserved:refund:"  # owed to workers, and about to go back through a provider
GATEWAY_FEE = "expense:gateway_fee:"
GATEWAY_VAT = "expense:gateway_vat:"
COMMISSION = "expense:commission:"
BPJS_DIFFERENCE = "difference:bpjs:"  # what BPJS took more (or, negative, less) than was collected
PAID_AGAIN = "claim:bpjs:"  # what BPJS was paid a second time
DIFFERENCE_COST = "expense:bpjs_difference:"
OWN_FUNDS = "equity:own_funds:"  # what the network put into the collection account itself
CLEARING = "clearing:"
DUE = "due:office:"

CASH = "cash:agent:"
SHORT = "shortage:agent:"  # what an agent handed in too little, or too much if negative
OWED_WORKER = "owed:worker:"
CLAIM_WORKER = "claim:worker:"
OWED_AGENT = "owed:commission:agent:"
OWED_OFFICE = "owed:commission:office:"
EXPECTED_AGENT = "expected:commission:agent:"  # approved; BPJS has not paid it to the office yet
EXPECTED_OFFICE = "expected:commission:office:"
HELD_AGENT = "held:commission:agent:"  # approved, but a line of it is on hold
PAYABLE_AGENT = "payable:commission:agent:"  # after tax and deductions; to be transferred
PAYABLE_OFFICE = "payable:commission:office:"
CLAIM_COMMISSION = "claim:commission:"  # what BPJS is to pay an office for approved commissions
SENT_COMMISSION = "sent:commission:"  # transfers of commission whose end is not known yet
BANK_COMMISSION = "bank:commission:"  # the account that commissions are received on and paid from
TAX_WITHHELD = "tax:withheld:"  # from commissions, to be paid to the tax office
TAX_PREPAID = "tax:prepaid:"  # what BPJS withheld from an office

_OF_WORKER = re.compile(
    f"(?:{re.escape(OWED_WORKER)}|{re.escape(CLAIM_WORKER)})([0-9]{{1,18}})", re.ASCII
)
_OF_AGREEMENT = re.compile(
    f"(?:{re.escape(OWED_SPONSOR)}|{re.escape(CLAIM_SPONSOR)})([0-9]{{1,18}}):[0-9]{{1,18}}",
    re.ASCII,
)


def bank(office_id: int) -> str:
    """An office's money in the account that BPJS is paid from."""
    return f"{BANK}{office_id}"


def owed_bpjs(office_id: int) -> str:
    """Contributions of an office that workers paid and BPJS did not confirm yet."""
    return f"{OWED_BPJS}{office_id}"


def suspense(office_id: int) -> str:
    """Money of an office that a person must explain."""
    return f"{SUSPENSE}{office_id}"


def owed_to_sponsor(agreement_id: int, office_id: int) -> str:
    """What a sponsor paid beyond the bills of an agreement; it pays the next ones."""
    return f"{OWED_SPONSOR}{agreement_id}:{office_id}"


def claim_on_sponsor(agreement_id: int, office_id: int) -> str:
    """What a sponsor got back from a provider although its money was used already."""
    return f"{CLAIM_SPONSOR}{agreement_id}:{office_id}"


def reserved(office_id: int) -> str:
    """What an office owes to workers and is about to give back through providers."""
    return f"{RESERVED}{office_id}"


def gateway_fee(office_id: int) -> str:
    """The fees that providers deducted from an office's money."""
    return f"{GATEWAY_FEE}{office_id}"


def gateway_vat(office_id: int) -> str:
    """The tax on fees of providers."""
    return f"{GATEWAY_VAT}{office_id}"


def commission(office_id: int) -> str:
    """What commissions cost an office."""
    return f"{COMMISSION}{office_id}"


def difference_of(kind: str, office_id: int) -> str:
    """Differences of an office with BPJS: of the kind "sum", or "again" for what was paid twice."""
    return f"{PAID_AGAIN if kind == 'again' else BPJS_DIFFERENCE}{office_id}"


def bpjs_difference_cost(office_id: int) -> str:
    """Differences with BPJS that an office bears itself."""
    return f"{DIFFERENCE_COST}{office_id}"


def own_funds(office_id: int) -> str:
    """What the network put into the collection account of an office."""
    return f"{OWN_FUNDS}{office_id}"


def clearing_of(provider: str) -> str:
    """The prefix of a provider's clearing accounts; an office's id follows."""
    return f"{CLEARING}{provider}:"


def clearing(provider: str, office_id: int) -> str:
    """Money of an office that a provider collected and did not pay out yet."""
    return f"{CLEARING}{provider}:{office_id}"


def due(other_id: int, office_id: int) -> str:
    """What another office owes this one (positive), or this one owes the other (negative)."""
    return f"{DUE}{other_id}:{office_id}"


def cash_of(agent_id: int) -> str:
    """Other people's money in an agent's hands."""
    return f"{CASH}{agent_id}"


def short_of(agent_id: int) -> str:
    """What an agent handed in too little with deposits; negative: too much."""
    return f"{SHORT}{agent_id}"


def owed_to_worker(worker_id: int) -> str:
    """What a worker paid too much."""
    return f"{OWED_WORKER}{worker_id}"


def claim_on_worker(worker_id: int) -> str:
    """What a worker was refunded although we had already passed it on to BPJS."""
    return f"{CLAIM_WORKER}{worker_id}"


def owed_to_agent(agent_id: int) -> str:
    """Approved commission that an agent is still to receive."""
    return f"{OWED_AGENT}{agent_id}"


def owed_to_office(office_id: int) -> str:
    """Approved commission that an office is still to receive."""
    return f"{OWED_OFFICE}{office_id}"


def expected_for_agent(agent_id: int) -> str:
    """Approved commission of an agent that BPJS has not paid to the office yet."""
    return f"{EXPECTED_AGENT}{agent_id}"


def expected_for_office(office_id: int) -> str:
    """Approved commission of an office that BPJS has not paid yet."""
    return f"{EXPECTED_OFFICE}{office_id}"


def held_of(agent_id: int) -> str:
    """Approved commission of an agent that is on hold."""
    return f"{HELD_AGENT}{agent_id}"


def payable_to_agent(agent_id: int) -> str:
    """What an agent is to be transferred, after tax and deductions."""
    return f"{PAYABLE_AGENT}{agent_id}"


def payable_to_office(office_id: int) -> str:
    """What an office is to be transferred, after tax."""
    return f"{PAYABLE_OFFICE}{office_id}"


def claim_for_commission(office_id: int) -> str:
    """What BPJS is to pay an office for approved commissions."""
    return f"{CLAIM_COMMISSION}{office_id}"


def sent_commission(office_id: int) -> str:
    """Transfers of commission of an office whose end is not known yet."""
    return f"{SENT_COMMISSION}{office_id}"


def bank_for_commission(office_id: int) -> str:
    """An office's money in the account of commissions; negative: paid from its own account."""
    return f"{BANK_COMMISSION}{office_id}"


def tax_withheld(office_id: int) -> str:
    """Income tax that an office withheld from commissions."""
    return f"{TAX_WITHHELD}{office_id}"


def tax_prepaid(office_id: int) -> str:
    """Income tax that BPJS withheld from an office."""
    return f"{TAX_PREPAID}{office_id}"


def worker_of(account: str) -> int | None:
    """The id of the worker whose account it is; None for other accounts."""
    named = _OF_WORKER.fullmatch(account)
    return int(named[1]) if named else None


def agreement_of(account: str) -> int | None:
    """The id of the agreement whose sponsor's account it is; None for other accounts."""
    named = _OF_AGREEMENT.fullmatch(account)
    return int(named[1]) if named else None


def provider_of(account: str) -> str:
    """Which provider holds the money of a clearing account."""
    return account.removeprefix(CLEARING).rpartition(":")[0]
