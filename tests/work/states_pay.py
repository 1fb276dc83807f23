"""States of paying commissions, and empty times of them; see `states`."""

from __future__ import annotations

WAITS_AS = {
    "commission_rates.proposed": "rates.proposed",
    "commission_terms.proposed": "terms.proposed",
    "commission_receipt.recorded": "commission_receipt.recorded",
    "commission_difference.proposed": "commission_difference.proposed",
    "payout_batch.prepared": "payout_batch.prepared",
    "payout_batch.approved": "payout_batch.approved",
    "payout_batch.sent": "payout_line.sent",
    "payout_line.sent": "payout_line.sent",
}
WAITS_FOR_NOBODY = {
    "commission_rates.approved": "final",
    "commission_rates.refused": "final",
    "commission_rates.withdrawn": "final",
    "commission_receipt.confirmed": "final",
    "commission_receipt.refused": "final",
    "commission_receipt.withdrawn": "final",
    "commission_difference.booked": "final",
    "commission_difference.refused": "final; the difference is open again",
    "payout_batch.finished": "final",
    "payout_batch.cancelled": "final; its money is owed again",
    "payout_line.prepared": "waits with its batch",
    "payout_line.approved": "waits with its batch",
    "payout_line.succeeded": "final, unless the bank returns it",
    "payout_line.failed": "final; the money is owed again",
    "payout_line.returned": "final; the money is owed again",
    "payout_line.cancelled": "final; the money is owed again",
    "commission_terms.approved": "final",
    "commission_terms.refused": "final",
    "commission_terms.withdrawn": "final",
    "deduction.refused": "final",
    "deduction.withdrawn": "final",
    "deduction.deducted": "final",
    "deduction.ended": "final",
}
EMPTY_TIMES: dict[str, tuple[str, ...] | str] = {
    "commission_rates.decided_at": ("rates.proposed",),
    "commission_rates.tried_at": ("rates.proposed",),
    "commission_terms.decided_at": ("terms.proposed",),
    "delegations.ended_at": "set if a delegation was ended before its last day",
    "commission_receipts.decided_at": ("commission_receipt.recorded",),
    "commission_differences.decided_at": ("commission_difference.proposed",),
    "payout_batches.decided_at": ("payout_batch.prepared",),
    "payout_batches.sent_at": ("payout_batch.approved",),
    "payout_batches.finished_at": ("payout_line.sent",),
    "payout_lines.withheld_at": "waits with its batch",
    "payout_lines.sent_at": "waits with its batch",
    "payout_lines.ended_at": ("payout_line.sent",),
}
