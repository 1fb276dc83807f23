"""The kinds of work about agents' papers and clocks."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_papers
from agentsys.work.kind import Group, Kind

PAPER_KINDS: tuple[Kind, ...] = (
    Kind(
        key="paper.ending",
        title="Surat agen hampir berakhir",
        group=Group.LISTS,
        decided_by=Permission.AGENT_PAPER_RECORD,
        ends_when="a newer paper of its kind is recorded, or the agent is not active any more",
        days=30,
        endpoint="supervisor.clocks",
        source=sources_papers.ENDING_PAPERS,
    ),
    Kind(
        key="agent.inactive",
        title="Agen lama tidak aktif",
        group=Group.LISTS,
        decided_by=Permission.AGENT_PAPER_RECORD,
        ends_when="the agent enrols a worker or is paid, or is not active any more",
        days=90,
        endpoint="supervisor.clocks",
        source=sources_papers.INACTIVE_AGENTS,
    ),
    Kind(
        key="agent.candidate",
        title="Calon agen belum diangkat",
        group=Group.LISTS,
        decided_by=Permission.AGENT_MANAGE,
        ends_when="an admin appoints the candidate, or ends the application",
        days=30,
        endpoint="supervisor.papers",
        argument="agent_id",
        source=sources_papers.CANDIDATES,
    ),
    Kind(
        key="agent_account.proposed",
        title="Rekening agen menunggu orang kedua",
        group=Group.LISTS,
        decided_by=Permission.AGENT_ACCOUNT_APPROVE,
        ends_when="a second person approves or refuses it, or it is withdrawn or stopped",
        days=3,
        endpoint="agent_accounts.show",
        argument="agent_id",
        source=sources_papers.PROPOSED_ACCOUNTS,
    ),
)
