"""The kinds of work about batches for BPJS, and differences with it."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_bpjs
from agentsys.work.kind import Group, Kind

REMITTANCE_KINDS: tuple[Kind, ...] = (
    Kind(
        key="remittance.ready",
        title="Iuran siap disetor ke BPJS",
        group=Group.BPJS,
        decided_by=Permission.REMITTANCE_MAKE,
        ends_when="everything that can go to BPJS is in a batch",
        days=2,
        endpoint="finance.remittances",
        source=sources_bpjs.TO_REMIT,
    ),
    Kind(
        key="remittance.open",
        title="Setoran BPJS tanpa kode iuran",
        group=Group.BPJS,
        decided_by=Permission.REMITTANCE_CODE,
        ends_when="the batch gets its kode iuran, or is cancelled",
        days=1,
        endpoint="finance.remittance",
        argument="remittance_id",
        source=sources_bpjs.WITHOUT_CODE,
    ),
    Kind(
        key="remittance.coded",
        title="Setoran BPJS belum LUNAS",
        group=Group.BPJS,
        decided_by=Permission.REMITTANCE_CONFIRM,
        ends_when="BPJS says PAID for the kode iuran, or somebody asks to cancel the batch",
        days=1,
        endpoint="finance.remittance",
        argument="remittance_id",
        source=sources_bpjs.UNCONFIRMED,
    ),
    Kind(
        key="remittance.expired",
        title="Kode iuran kedaluwarsa",
        group=Group.BPJS,
        decided_by=Permission.REMITTANCE_CODE,
        ends_when="the batch gets a new kode iuran, BPJS says PAID, or somebody asks to cancel it",
        days=1,
        endpoint="finance.remittance",
        argument="remittance_id",
        source=sources_bpjs.EXPIRED,
    ),
    Kind(
        key="remittance.cancelling",
        title="Usul membatalkan setoran BPJS",
        group=Group.BPJS,
        decided_by=Permission.REMITTANCE_CANCEL,
        ends_when="a second person keeps or cancels the batch",
        days=1,
        endpoint="finance.remittance",
        argument="remittance_id",
        source=sources_bpjs.TO_CANCEL,
    ),
    Kind(
        key="remittance.difference",
        title="Selisih dengan BPJS",
        group=Group.BPJS,
        decided_by=Permission.REMITTANCE_CONFIRM,
        ends_when="every difference of the batch is explained, with a proposal how it ends",
        days=3,
        endpoint="finance.remittance",
        argument="remittance_id",
        source=sources_bpjs.DIFFERENCES,
    ),
    Kind(
        key="difference.proposed",
        title="Selisih BPJS menunggu orang kedua",
        group=Group.BPJS,
        decided_by=Permission.TRANSFER_BOOK,
        ends_when="a second person books or refuses the settlement",
        days=1,
        endpoint="finance.remittance",
        argument="remittance_id",
        source=sources_bpjs.PROPOSED_DIFFERENCES,
    ),
)
