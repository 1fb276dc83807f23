"""The kinds of work: one row for each reason why something waits for a person.

A new feature adds a row here and, if its items come from a new table, a source in a `sources_*.py`
module. The page `docs/work-queue.md` is generated from this table.
"""

from __future__ import annotations

from collections.abc import Iterable

from agentsys.people.permissions import Permission, RoleHolder
from agentsys.work import (
    sources_bpjs,
    sources_changes,
    sources_commissions,
    sources_held,
    sources_money,
    sources_people,
)
from agentsys.work.columns import Source
from agentsys.work.kind import CASE_KINDS, Group, Kind
from agentsys.work.kinds_debits import DEBIT_KINDS
from agentsys.work.kinds_handovers import HANDOVER_KINDS
from agentsys.work.kinds_lists import LIST_KINDS
from agentsys.work.kinds_members import MEMBER_KINDS
from agentsys.work.kinds_money import MONEY_KINDS
from agentsys.work.kinds_papers import PAPER_KINDS
from agentsys.work.kinds_pay import PAY_KINDS
from agentsys.work.kinds_remittances import REMITTANCE_KINDS
from agentsys.work.kinds_sponsors import SPONSOR_KINDS

# To whom overdue work is escalated: the agent's supervisor, or admins.
_SUPERVISORS = Permission.TEAM_LEAD

KINDS: tuple[Kind, ...] = (
    *CASE_KINDS,
    *MONEY_KINDS,
    *DEBIT_KINDS,
    *MEMBER_KINDS,
    *HANDOVER_KINDS,
    *PAPER_KINDS,
    *PAY_KINDS,
    *SPONSOR_KINDS,
    *LIST_KINDS,
    Kind(
        key="deposit.declared",
        title="Setoran agen belum dihitung",
        group=Group.CASH,
        decided_by=Permission.DEPOSIT_CONFIRM,
        ends_when="a second person confirms the deposit or returns it",
        days=1,
        endpoint="finance.deposits",
        argument="periksa",
        source=sources_money.DECLARED_DEPOSITS,
    ),
    Kind(
        key="deposit.stuck",
        title="Setoran agen macet di penyedia",
        group=Group.CASH,
        decided_by=Permission.PAYMENT_ASK,
        ends_when="the provider reports whether the deposit was paid",
        days=1,
        endpoint="finance.payment",
        argument="payment_id",
        source=sources_money.STUCK_DEPOSITS,
    ),
    Kind(
        key="deposit.returned",
        title="Setoran dikembalikan",
        group=Group.CASH,
        decided_by=Permission.DEPOSIT_DECLARE,
        escalates_to=_SUPERVISORS,
        ends_when="the agent declares a deposit again, or has no cash left in hand",
        days=1,
        endpoint="agent.cash",
        read_on="finance.deposits",
        source=sources_money.RETURNED_DEPOSITS,
    ),
    Kind(
        key="cash.over_ceiling",
        title="Titipan agen mencapai batas",
        group=Group.CASH,
        decided_by=Permission.TEAM_LEAD,
        ends_when="the agent declares a deposit; more cash is refused until it is confirmed",
        days=2,
        endpoint="supervisor.agent",
        argument="agent_id",
        source=sources_held.AGENTS_CASH,
    ),
    Kind(
        key="cash.too_old",
        title="Titipan agen terlalu lama",
        group=Group.CASH,
        decided_by=Permission.TEAM_LEAD,
        ends_when="the agent declares a deposit",
        days=3,
        endpoint="supervisor.agent",
        argument="agent_id",
        source=sources_held.AGENTS_CASH,
    ),
    Kind(
        key="cash.short",
        title="Selisih setoran agen",
        group=Group.CASH,
        decided_by=Permission.TEAM_LEAD,
        ends_when="a deposit has the opposite difference, or a transfer pays it",
        days=7,
        endpoint="supervisor.agent",
        argument="agent_id",
        source=sources_held.AGENTS_SHORTAGES,
    ),
    Kind(
        key="month.unbilled",
        title="Bulan belum ditagih",
        group=Group.BPJS,
        decided_by=Permission.BILLING_RUN,
        ends_when="a billing run of the month has ended",
        days=3,
        endpoint="finance.billing",
        argument="bulan",
        source=sources_bpjs.UNBILLED,
    ),
    *REMITTANCE_KINDS,
    Kind(
        key="answer.missing",
        title="Jawaban BPJS belum dicatat",
        group=Group.BPJS,
        decided_by=Permission.BPJS_ANSWER_RECORD,
        ends_when="BPJS' answer is recorded for every worker confirmed since last month began",
        days=7,
        endpoint="bpu.index",
        source=sources_bpjs.UNANSWERED,
    ),
    Kind(
        key="contribution.held",
        title="Iuran ditahan",
        group=Group.BPJS,
        decided_by=Permission.CONTRIBUTION_HOLD,
        ends_when="the contribution is released, once what was wrong is right",
        days=7,
        endpoint="finance.holds",
        source=sources_bpjs.HELD,
        by_worker=True,
    ),
    Kind(
        key="change.proposed",
        title="Usul perubahan data pekerja",
        group=Group.CASES,
        decided_by=Permission.CHANGE_APPROVE,
        ends_when="a second person approves or refuses the change, or it is withdrawn",
        days=3,
        endpoint="workers.change",
        argument="change_id",
        source=sources_changes.PROPOSED,
    ),
    Kind(
        key="statement.submitted",
        title="Laporan komisi menunggu persetujuan",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_APPROVE,
        ends_when="the supervisor approves the statement or returns it",
        days=3,
        endpoint="supervisor.statement",
        argument="statement_id",
        source=sources_commissions.SUBMITTED,
    ),
    Kind(
        key="statement.returned",
        title="Laporan komisi perlu dihitung ulang",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_COMPUTE,
        ends_when="the month is computed again, which submits the statement",
        days=2,
        endpoint="finance.commissions",
        source=sources_commissions.RETURNED,
    ),
    Kind(
        key="month.uncomputed",
        title="Komisi bulan lalu belum dihitung",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_COMPUTE,
        ends_when="a run of the month was started after the month ended",
        days=5,
        endpoint="finance.commissions",
        source=sources_commissions.UNCOMPUTED,
    ),
    Kind(
        key="run.stopped",
        title="Perhitungan komisi berhenti",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_COMPUTE,
        ends_when="the run is started again and nothing fails",
        days=1,
        endpoint="finance.commissions",
        source=sources_commissions.STOPPED,
    ),
    Kind(
        key="data.request",
        title="Permintaan tentang data pribadi",
        group=Group.LISTS,
        decided_by=Permission.DATA_REQUEST,
        ends_when="the request is carried out, or refused with a reason",
        days=3,
        endpoint="workers.data_request",
        argument="request_id",
        source=sources_people.DATA_REQUESTS,
    ),
)

BY_KEY = {kind.key: kind for kind in KINDS}


def decided_by(user: RoleHolder) -> list[Kind]:
    """The kinds that this user may decide."""
    return [kind for kind in KINDS if user.can(kind.decided_by)]


def escalated_to(user: RoleHolder) -> list[Kind]:
    """The kinds that this user sees only when they are escalated."""
    return [kind for kind in KINDS if user.can(kind.escalates_to) and not user.can(kind.decided_by)]


def by_source(kinds: Iterable[Kind]) -> dict[Source, list[Kind]]:
    """The sources of these kinds, with all kinds that each of them finds."""
    wanted = {id(kind.source) for kind in kinds}
    found: dict[Source, list[Kind]] = {}
    for kind in KINDS:
        if id(kind.source) in wanted:
            found.setdefault(kind.source, []).append(kind)
    return found
