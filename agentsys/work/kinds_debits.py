"""The kinds of work about auto-debit."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_debits
from agentsys.work.kind import Group, Kind


def _visit(key: str, title: str) -> Kind:
    """A kind of visit to a worker after a debit's last try."""
    return Kind(
        key=key,
        title=title,
        group=Group.CASES,
        decided_by=Permission.MANDATE_INVITE,
        escalates_to=Permission.TEAM_LEAD,
        ends_when="the months are paid, or the agent notes the visit",
        days=3,
        endpoint="agent.today",
        source=sources_debits.VISITS,
        by_worker=True,
        read_on="finance.debit",
        read_argument="debit_id",
    )


DEBIT_KINDS: tuple[Kind, ...] = (
    Kind(
        key="debits.stopped",
        title="Debit otomatis berhenti",
        group=Group.CASES,
        decided_by=Permission.DEBIT_STOP,
        ends_when="somebody lets debits be made again",
        days=1,
        endpoint="finance.debits",
        source=sources_debits.STOPS,
    ),
    _visit("debit.visit", title="Debit gagal, kunjungi pekerja"),
    _visit("debit.needs_payer", title="Debit menunggu pekerja"),
    Kind(
        key="notice.unsent",
        title="Pesan debit belum dikirim",
        group=Group.CASES,
        decided_by=Permission.MANDATE_INVITE,
        escalates_to=Permission.TEAM_LEAD,
        ends_when="the agent sends the message, or the worker reads it on the own page",
        days=3,
        endpoint="agent.messages",
        source=sources_debits.UNSENT,
        read_on="finance.debit_outbox",
    ),
    Kind(
        key="mandate.ended",
        title="Debit otomatis berakhir",
        group=Group.CASES,
        decided_by=Permission.MANDATE_INVITE,
        escalates_to=Permission.TEAM_LEAD,
        ends_when="the agent tells the worker, who reads it or gets a new mandate",
        days=7,
        endpoint="agent.today",
        source=sources_debits.ENDED,
        by_worker=True,
        read_on="finance.debit_outbox",
    ),
)
