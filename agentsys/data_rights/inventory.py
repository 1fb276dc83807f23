"""Where data about one worker are: which rows a copy has, and what erasure does with them.

A test compares this with the tables, so that a new table with a worker cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping

# Rows that name a worker by another table's row.
THROUGH: Mapping[str, tuple[str, str, str]] = {  # table: its column, the other table, its column
    "mandates": ("id", "mandate_workers", "mandate_id"),
    "mandate_moves": ("mandate_id", "mandate_workers", "mandate_id"),
    "payment_moves": ("payment_id", "payments", "id"),
    "payment_attempts": ("payment_id", "payments", "id"),
    "receipts": ("payment_id", "payments", "id"),
    "refunds": ("payment_id", "payments", "id"),
    "cash_reversals": ("payment_id", "payments", "id"),
    "cases": ("payment_id", "payments", "id"),
    "debit_tries": ("debit_id", "debits", "id"),
    "listed_debits": ("debit_id", "debits", "id"),
}

# Rows that name two workers, each by a column of its own.
BOTH: Mapping[str, tuple[str, str]] = {
    "duplicate_pairs": ("first_id", "second_id"),
    "worker_merges": ("kept_id", "merged_id"),
}

# Secrets that open something, or that only machines read.
LEFT_OUT = frozenset(
    {
        "checks",
        "consent_url",
        "handle",
        "key",
        "next_check_at",
        "pay_url",
        "qr_string",
        "return_url",
        "token",
    }
)

# What erasure removes from the rows of a worker.
ERASED: Mapping[str, str] = {
    "debits": "notes of visits",
    "earlier_niks": "all rows",
    "claims": "the note",
    "earlier_periods": "the evidence",
    "enrolments": "the note on the end",
    "duplicate_checks": "all rows",
    "duplicate_pairs": "all rows",
    "heirs": "all rows",
    "worker_facts": "all rows",
    "workers": "who the worker is, and how to reach him",
    "mandates": "holder and phone number, if all its workers are erased",
    "page_codes": "all rows",
    "pay_links": "all rows",
    "planned_prices": "all rows",
    "handover_picks": "all rows",
    "roster_changes": "all rows",
    "worker_changes": "all rows",
    "worker_merges": "the reasons",
}
# Why rows stay as they are.
KEPT: Mapping[str, str] = {
    "agreement_members": "who paid, and when",
    "assignments": "which agent, and when",
    "cases": "what was wrong with a payment",
    "closed_contributions": "bills",
    "commission_carried": "commission that was taken back",
    "contributions": "bills",
    "data_requests": "shows that the request was answered",
    "debit_months": "bills",
    "debit_tries": "payments",
    "events": "what happened, by ids and sums",
    "handover_workers": "which agent, and when",
    "listed_debits": "payments",
    "mandate_moves": "payments",
    "mandate_workers": "which mandate paid",
    "notices": "which notices were due",
    "payment_attempts": "payments",
    "payment_months": "payments",
    "payment_moves": "payments",
    "payments": "payments",
    "receipts": "payments",
    "refunds": "payments",
    "remittance_differences": "payments",
    "remittance_refusals": "which contributions BPJS refused, and why",
    "cash_reversals": "payments",
    "statement_lines": "commission",
    "transfers": "payments",
    "version_people": "which list named the worker",
}
