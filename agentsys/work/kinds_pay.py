"""The kinds of work about paying commissions."""

from __future__ import annotations

from agentsys.people.permissions import Permission
from agentsys.work import sources_pay
from agentsys.work.kind import Group, Kind

PAY_KINDS: tuple[Kind, ...] = (
    Kind(
        key="terms.proposed",
        title="Ketentuan komisi menunggu orang kedua",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_TERMS_APPROVE,
        ends_when="a second person approves the terms or refuses them, or they are withdrawn",
        days=3,
        endpoint="finance.terms",
        source=sources_pay.PROPOSED_TERMS,
    ),
    Kind(
        key="rates.proposed",
        title="Tarif komisi menunggu orang kedua",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_TERMS_APPROVE,
        ends_when="a second person approves the rates or refuses them, or they are withdrawn",
        days=3,
        endpoint="finance.rates",
        source=sources_pay.PROPOSED_RATES,
    ),
    Kind(
        key="commission_receipt.recorded",
        title="Pembayaran BPJS menunggu orang kedua",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_PAY_APPROVE,
        ends_when="a second person confirms it or refuses it, or it is withdrawn",
        days=2,
        endpoint="finance.commission_receipts",
        source=sources_pay.RECEIPTS,
    ),
    Kind(
        key="commission_difference.open",
        title="BPJS membayar komisi lain dari hitungan",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_PAY_PREPARE,
        ends_when="somebody explains the difference and proposes what is booked",
        days=7,
        endpoint="finance.commission_receipts",
        source=sources_pay.OPEN_DIFFERENCES,
    ),
    Kind(
        key="commission_difference.proposed",
        title="Selisih insentif menunggu orang kedua",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_PAY_APPROVE,
        ends_when="a second person books the proposal or refuses it",
        days=3,
        endpoint="finance.commission_receipts",
        source=sources_pay.PROPOSED_DIFFERENCES,
    ),
    Kind(
        key="payout_batch.prepared",
        title="Pembayaran komisi menunggu orang kedua",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_PAY_APPROVE,
        ends_when="a second person approves the batch, or it is cancelled",
        days=1,
        endpoint="finance.payout",
        argument="payout_batch_id",
        source=sources_pay.PREPARED_BATCHES,
    ),
    Kind(
        key="payout_batch.approved",
        title="Pembayaran komisi belum dikirim ke bank",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_PAY_SEND,
        ends_when="the bank's file is made, or the batch is cancelled",
        days=1,
        endpoint="finance.payout",
        argument="payout_batch_id",
        source=sources_pay.APPROVED_BATCHES,
    ),
    Kind(
        key="payout_line.sent",
        title="Hasil transfer komisi belum dicatat",
        group=Group.COMMISSION,
        decided_by=Permission.COMMISSION_PAY_SEND,
        ends_when="the bank's result is recorded",
        days=2,
        endpoint="finance.payout",
        argument="payout_batch_id",
        source=sources_pay.SENT_LINES,
    ),
)
