"""The kinds of work about members."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_members
from agentsys.work.kind import Group, Kind


def _earlier(key: str, title: str, ends_when: str) -> Kind:
    return Kind(
        key=key,
        title=title,
        group=Group.BPJS,
        decided_by=Permission.EARLIER_APPROVE,
        ends_when=ends_when,
        days=3,
        endpoint="workers.earlier",
        source=sources_members.EARLIER,
    )


MEMBER_KINDS: tuple[Kind, ...] = (
    _earlier(
        "earlier.proposed",
        title="Bulan dibayar di tempat lain, menunggu orang kedua",
        ends_when="a second person agrees that the months count, or refuses",
    ),
    _earlier(
        "earlier.retracting",
        title="Bulan dibayar di tempat lain, diminta ditarik",
        ends_when="a second person takes the months back, or keeps them",
    ),
    Kind(
        key="registration.waiting",
        title="Pekerja belum didaftarkan ke BPJS",
        group=Group.BPJS,
        decided_by=Permission.REGISTRATION_RECORD,
        ends_when="every member of the office has a KPJ, or BPJS refused the data",
        days=3,
        endpoint="workers.registration",
        source=sources_members.TO_REGISTER,
    ),
    Kind(
        key="registration.refused",
        title="Data ditolak BPJS, perlu diperbaiki",
        group=Group.BPJS,
        decided_by=Permission.WORKER_ENROL,
        escalates_to=Permission.TEAM_LEAD,
        ends_when="the agent says that the data are corrected, or BPJS registers the worker",
        days=3,
        endpoint="agent.worker",
        argument="worker_id",
        source=sources_members.REFUSED,
        read_on="workers.show",
        read_argument="worker_id",
    ),
    Kind(
        key="pair.open",
        title="Mungkin orang yang sama",
        group=Group.LISTS,
        decided_by=Permission.DUPLICATE_DECIDE,
        ends_when="somebody compared each pair of the office and said whether it is one person",
        days=7,
        endpoint="workers.pairs",
        source=sources_members.PAIRS,
    ),
    Kind(
        key="merge.proposed",
        title="Usul menggabung dua catatan",
        group=Group.CASES,
        decided_by=Permission.MERGE_APPROVE,
        ends_when="a second person approves or refuses the merge, or it is withdrawn",
        days=3,
        endpoint="workers.merge",
        argument="merge_id",
        source=sources_members.MERGES,
    ),
    Kind(
        key="claim.open",
        title="Klaim BPJS belum selesai",
        group=Group.CASES,
        decided_by=Permission.CLAIM_RECORD,
        ends_when="BPJS paid or refused, or the family does not claim",
        days=14,
        endpoint="workers.claim",
        argument="claim_id",
        source=sources_members.CLAIMS,
    ),
)
