"""The places of sealed values: table, column and row. A value opens only where it was sealed for.

A worker's row is named by the index of the NIK, which is known before the row has an id.
"""

from __future__ import annotations


def nik_of(nik_index: bytes) -> bytes:
    """The place of a worker's NIK."""
    return b"workers.nik_sealed:" + nik_index


def kk_of(nik_index: bytes) -> bytes:
    """The place of a worker's KK number."""
    return b"workers.kk_sealed:" + nik_index


def earlier_nik_of(nik_index: bytes) -> bytes:
    """The place of a NIK that a worker had before it was corrected."""
    return b"earlier_niks.nik_sealed:" + nik_index


def proposed_nik_of(nik_index: bytes) -> bytes:
    """The place of a NIK in a proposed change."""
    return b"worker_changes.nik_sealed:" + nik_index


def file_of(roster_id: int) -> bytes:
    """The place of a roster's file."""
    return f"roster_files.sealed:{roster_id}".encode()


def bank_file_of(file_id: int) -> bytes:
    """The place of an uploaded bank statement."""
    return f"bank_file_contents.sealed:{file_id}".encode()


def key_check(number: int) -> bytes:
    """The place of the known value."""
    return f"key_checks.sealed:{number}".encode()


def mandate_phone_of(reference: str) -> bytes:
    """The place of the phone number of a mandate's account."""
    return b"mandates.phone_sealed:" + reference.encode()


def office_account_of(reference: str) -> bytes:
    """The place of the number of an office's bank account."""
    return b"office_accounts.number_sealed:" + reference.encode()


def scan_of(key: str) -> bytes:
    """The place of the scan of an agent's paper."""
    return b"agent_papers.scan_sealed:" + key.encode()


def agent_account_of(reference: str) -> bytes:
    """The place of the number of an agent's bank account."""
    return b"agent_accounts.number_sealed:" + reference.encode()


def agent_npwp_of(reference: str) -> bytes:
    """The place of an agent's NPWP."""
    return b"agent_accounts.npwp_sealed:" + reference.encode()


def account_scan_of(reference: str) -> bytes:
    """The place of the scan that proves an agent's bank account."""
    return b"agent_accounts.scan_sealed:" + reference.encode()


def payout_file_of(batch_id: int) -> bytes:
    """The place of a bank's file of payouts."""
    return f"payout_files.content_sealed:{batch_id}".encode()


def evidence_of(key: str) -> bytes:
    """The place of a file that proves what was done with money."""
    return b"evidence_files.sealed:" + key.encode()
