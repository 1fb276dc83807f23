"""The kinds of work about money with workers, providers and the bank, besides cases."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_held, sources_money
from agentsys.work.kind import Group, Kind

MONEY_KINDS: tuple[Kind, ...] = (
    Kind(
        key="money.unexplained",
        title="Uang tanpa penjelasan",
        group=Group.CASES,
        decided_by=Permission.SUSPENSE_EXPLAIN,
        ends_when="a payment explains it, or its return is booked",
        days=3,
        endpoint="finance.gateway_payouts",
        source=sources_money.UNEXPLAINED,
    ),
    Kind(
        key="worker.owed",
        title="Uang pekerja belum dipakai",
        group=Group.CASES,
        decided_by=Permission.TRANSFER_PROPOSE,
        ends_when="the money pays a month, or a transfer back to the worker is proposed",
        days=7,
        endpoint="finance.transfers",
        source=sources_held.WORKERS_MONEY,
        by_worker=True,
    ),
    Kind(
        key="worker.owes",
        title="Pekerja berutang",
        group=Group.CASES,
        decided_by=Permission.TRANSFER_PROPOSE,
        ends_when="the worker repaid it, and a transfer is proposed",
        days=14,
        endpoint="finance.transfers",
        source=sources_held.WORKERS_MONEY,
        by_worker=True,
    ),
    Kind(
        key="callback.stuck",
        title="Notifikasi gateway belum diproses",
        group=Group.CASES,
        decided_by=Permission.CALLBACK_PROCESS,
        ends_when="the callback was processed",
        days=2,
        endpoint="finance.callback",
        argument="callback_id",
        source=sources_money.STUCK_CALLBACKS,
    ),
    Kind(
        key="channel.stopped",
        title="Cara bayar berhenti",
        group=Group.CASES,
        decided_by=Permission.CALLBACK_PROCESS,
        ends_when="the provider takes our key or account again",
        days=1,
        endpoint="finance.channels",
        source=sources_money.STOPPED_CHANNELS,
    ),
    Kind(
        key="bank.issue",
        title="Selisih mutasi bank",
        group=Group.CASES,
        decided_by=Permission.BANK_STATEMENT_MATCH,
        ends_when="the line or the record is matched, or a person closes it with a note",
        days=3,
        endpoint="finance.bank_issue",
        argument="bank_issue_id",
        source=sources_money.BANK_ISSUES,
    ),
    Kind(
        key="transfer.proposed",
        title="Transfer menunggu orang kedua",
        group=Group.CASES,
        decided_by=Permission.TRANSFER_BOOK,
        ends_when="a second person books or refuses the transfer",
        days=1,
        endpoint="finance.transfers",
        source=sources_money.PROPOSED_TRANSFERS,
    ),
    Kind(
        key="refund.proposed",
        title="Pengembalian menunggu orang kedua",
        group=Group.CASES,
        decided_by=Permission.REFUND_APPROVE,
        ends_when="a second person approves or refuses the refund",
        days=1,
        endpoint="finance.refunds",
        source=sources_money.PROPOSED_REFUNDS,
    ),
)
