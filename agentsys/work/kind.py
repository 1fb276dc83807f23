"""Kinds of work: why something waits, who may decide it, and when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentsys.payments.models import CaseKind
from agentsys.people.permissions import Permission
from agentsys.work import sources_money
from agentsys.work.columns import Source


class Group(StrEnum):
    """The tabs of the inbox."""

    CASES = "cases"
    CASH = "cash"
    BPJS = "bpjs"
    COMMISSION = "commission"
    LISTS = "lists"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of work: why something waits, who may decide it, when it is due, and its query."""

    key: str
    title: str  # Indonesian; the catalogue has the English
    group: Group
    decided_by: Permission
    ends_when: str  # English, for the documentation: the change of state that closes it
    days: int  # days until it is overdue, unless the source has a due time
    endpoint: str  # the page on which it is decided
    source: Source
    argument: str = ""  # the URL parameter with the subject; empty if the page lists all of them
    by_worker: bool = False  # the link searches that page for the worker's name
    read_on: str = ""  # the page of those who see the item and may not open `endpoint`
    read_argument: str = ""  # the URL parameter of that page with the subject
    escalates_to: Permission = Permission.USER_MANAGE  # who also sees it when it is escalated


def case_kind(kind: CaseKind, title: str) -> Kind:
    """The kind of work of a kind of case."""
    return Kind(
        key=f"case.{kind.value}",
        title=title,
        group=Group.CASES,
        decided_by=Permission.CASE_CLOSE,
        ends_when="the case is closed with a decision and a note",
        days=1,
        endpoint="finance.case",
        argument="case_id",
        source=sources_money.CASES,
    )


CASE_KINDS = (
    case_kind(CaseKind.OTHER_AMOUNT, title="Jumlah berbeda"),
    case_kind(CaseKind.PAID_TWICE, title="Dibayar dua kali"),
    case_kind(CaseKind.PAID_AGAIN, title="Masuk dua kali"),
    case_kind(CaseKind.PAID_LATE, title="Dibayar terlambat"),
    case_kind(CaseKind.NO_CASH, title="Setoran tanpa titipan"),
    case_kind(CaseKind.UNKNOWN_ORDER, title="Pembayaran tak dikenal"),
    case_kind(CaseKind.REVERSED, title="Ditarik kembali"),
    case_kind(CaseKind.REFUNDED_AFTER_REMITTED, title="Dikembalikan setelah disetor"),
    case_kind(CaseKind.REFUNDED_AFTER_REPAID, title="Dikembalikan dua kali"),
    case_kind(CaseKind.CHANGED_AFTER_DECISION, title="Berubah setelah diputuskan"),
    case_kind(CaseKind.UNCLEAR, title="Notifikasi tidak jelas"),
    case_kind(CaseKind.UNANSWERED, title="Belum dijawab penyedia"),
    case_kind(CaseKind.PAID_THOUGH_CANCELLED, title="LUNAS padahal dibatalkan"),
)
