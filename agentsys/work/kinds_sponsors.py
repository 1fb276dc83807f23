"""The kinds of work about sponsors: agreements, lists, bills, and workers whom nobody pays for."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_sponsors
from agentsys.work.kind import Group, Kind

SPONSOR_KINDS: tuple[Kind, ...] = (
    Kind(
        key="agreement.proposed",
        title="Perjanjian sponsor menunggu orang kedua",
        group=Group.LISTS,
        decided_by=Permission.AGREEMENT_APPROVE,
        ends_when="a second person puts the agreement in force or refuses it, or it is withdrawn",
        days=3,
        endpoint="sponsors.agreement",
        argument="agreement_id",
        source=sources_sponsors.PROPOSED_AGREEMENTS,
    ),
    Kind(
        key="list_version.waiting",
        title="Daftar sponsor menunggu orang kedua",
        group=Group.LISTS,
        decided_by=Permission.AGREEMENT_APPROVE,
        ends_when="a second person applies or refuses the version of the list",
        days=2,
        endpoint="sponsors.version",
        argument="version_id",
        source=sources_sponsors.WAITING_VERSIONS,
    ),
    Kind(
        key="agreement.ending",
        title="Perjanjian sponsor akan berakhir",
        group=Group.LISTS,
        decided_by=Permission.SPONSOR_RECORD,
        ends_when="the sponsor's next agreement is proposed, or a job ends this one in its month",
        days=14,
        endpoint="sponsors.agreement",
        argument="agreement_id",
        source=sources_sponsors.ENDING_AGREEMENTS,
    ),
    Kind(
        key="sponsor_payment.recorded",
        title="Transfer sponsor menunggu orang kedua",
        group=Group.CASH,
        decided_by=Permission.SPONSOR_PAYMENT_CONFIRM,
        ends_when="a second person confirms the transfer or refuses it",
        days=1,
        endpoint="sponsors.bill",
        argument="bill_id",
        source=sources_sponsors.RECORDED_TRANSFERS,
    ),
    Kind(
        key="bill.late",
        title="Tagihan sponsor lewat jatuh tempo",
        group=Group.CASH,
        decided_by=Permission.SPONSOR_PAYMENT_RECORD,
        ends_when="the bill is paid; late at the latest when its list cannot be saved any more",
        days=14,
        endpoint="sponsors.bill",
        argument="bill_id",
        source=sources_sponsors.LATE_BILLS,
    ),
    Kind(
        key="sponsor.ended",
        title="Ajak bayar sendiri",
        group=Group.LISTS,
        decided_by=Permission.WORKER_ENROL,
        escalates_to=Permission.TEAM_LEAD,
        ends_when="the agent's workers pay themselves, have a sponsor again, or 3 months passed",
        days=30,
        endpoint="agent.sponsor_ended",
        read_on="supervisor.agent",
        read_argument="agent_id",
        source=sources_sponsors.SPONSOR_ENDED,
    ),
)
