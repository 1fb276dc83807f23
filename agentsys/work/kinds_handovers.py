"""The kinds of work about hand-overs of workers."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_handovers
from agentsys.work.kind import Group, Kind

HANDOVER_KINDS: tuple[Kind, ...] = (
    Kind(
        key="handover.proposed",
        title="Serah terima menunggu persetujuan",
        group=Group.LISTS,
        decided_by=Permission.HANDOVER_ACCEPT,
        ends_when="a second person accepts or refuses, or it is withdrawn",
        days=3,
        endpoint="supervisor.handover",
        argument="handover_id",
        source=sources_handovers.PROPOSED_HANDOVERS,
    ),
    Kind(
        key="handover.stuck",
        title="Serah terima belum dapat dijalankan",
        group=Group.LISTS,
        decided_by=Permission.HANDOVER_MAKE,
        ends_when="a job carries it out once nothing is in its way, or it is withdrawn",
        days=1,
        endpoint="supervisor.handover",
        argument="handover_id",
        source=sources_handovers.STUCK_HANDOVERS,
    ),
    Kind(
        key="agent.left_workers",
        title="Pekerja dari agen yang berhenti",
        group=Group.LISTS,
        decided_by=Permission.HANDOVER_MAKE,
        ends_when="the workers of the agent are handed over",
        days=7,
        endpoint="supervisor.agent",
        argument="agent_id",
        source=sources_handovers.LEFT_WORKERS,
    ),
)
