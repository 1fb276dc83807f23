"""The kinds of work about lists of workers."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_lists
from agentsys.work.kind import Group, Kind

LIST_KINDS = (
    Kind(
        key="list.proposed",
        title="Daftar pekerja menunggu persetujuan",
        group=Group.LISTS,
        decided_by=Permission.ROSTER_APPROVE,
        ends_when="a second person approves the import or returns the list, or it is cancelled",
        days=1,
        endpoint="supervisor.roster",
        argument="roster_id",
        source=sources_lists.PROPOSED,
    ),
    Kind(
        key="list.unfinished",
        title="Daftar pekerja belum selesai",
        group=Group.LISTS,
        decided_by=Permission.ROSTER_UPLOAD,
        ends_when="somebody confirms its columns, imports it, lets it go on, or cancels it",
        days=2,
        endpoint="supervisor.roster",
        argument="roster_id",
        source=sources_lists.UNFINISHED,
    ),
    Kind(
        key="list.failed",
        title="Daftar pekerja gagal dibaca",
        group=Group.LISTS,
        decided_by=Permission.ROSTER_UPLOAD,
        ends_when="the file is sent again, or marked as dealt with",
        days=1,
        endpoint="supervisor.roster",
        argument="roster_id",
        source=sources_lists.LISTS,
    ),
    Kind(
        key="list.refused",
        title="Baris daftar ditolak",
        group=Group.LISTS,
        decided_by=Permission.ROSTER_UPLOAD,
        ends_when="the list is marked as dealt with; after 30 days its rows are not kept",
        days=3,
        endpoint="supervisor.roster",
        argument="roster_id",
        source=sources_lists.LISTS,
    ),
)
