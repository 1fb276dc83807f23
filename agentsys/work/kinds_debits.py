"""The kinds of work about auto-debit."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_debits
from agentsys.work.kind import Group, Kind

DEBIT_KINDS: tuple[Kind, ...] = (
    Kind(
        key="debits.stopped",
        title="Debit otomatis berhenti",
        group=Group.CASES,
        settled_by=Permission.CALLBACK_PROCESS,
        settled_when="somebody lets debits be made again",
        days=1,
        endpoint="finance.channels",
        source=sources_debits.STOPS,
    ),
    Kind(
        key="debit.visit",
        title="Debit gagal, kunjungi pekerja",
        group=Group.CASES,
        settled_by=Permission.PAYMENT_COLLECT,
        escalates_to=Permission.TEAM_LEAD,
        settled_when="the months are paid, or the agent notes the visit",
        days=3,
        endpoint="agent.today",
        source=sources_debits.VISITS,
        by_worker=True,
    ),
)
