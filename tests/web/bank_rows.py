"""An account of a bank with one of everything that has an address."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any

from agentsys import clock
from agentsys.statements.models import (
    AccountKind,
    BankAccount,
    BankFile,
    BankIssue,
    BankLine,
    FileState,
    IssueKind,
)
from tests.web.tariff_rows import waiting_tariff

DAY = date(2026, 11, 2)
_numbers = itertools.count(1)


# Parts of addresses that are no rows.
WORDS = {
    "bulan": [f"{clock.this_month():%Y-%m}"],
    "channel": ["gopay"],
    "filename": ["app.css"],
    "rule_name": ["tiered"],
}


def bank_rows(session, office_id) -> dict[str, Any]:
    """A statement whose columns nobody chose, and a line that waits."""
    account = BankAccount(office_id=office_id, kind=AccountKind.BANK, name=f"BCA {next(_numbers)}")
    session.add(account)
    session.flush()
    file = BankFile(
        account_id=account.id,
        filename="mutasi.csv",
        sha256=account.id.to_bytes(32),
        state=FileState.MAPPING,
        headings=[
            {"title": "TGL TRX", "samples": ["01/11/2026"]},
            {"title": "NOM", "samples": ["16,800.00"]},
        ],
    )
    session.add(file)
    session.flush()
    line = BankLine(
        account_id=account.id,
        file_id=file.id,
        booked_on=DAY,
        digest=bytes(16),
        nth=1,
        amount_idr=16_800,
        text="SETORAN",
        reference="FT-1",
        ref_key="FT1",
        raw="",
    )
    session.add(line)
    session.flush()
    issue = BankIssue(
        account_id=account.id,
        office_id=office_id,
        kind=IssueKind.UNKNOWN_PAYER,
        line_id=line.id,
        amount_idr=16_800,
    )
    session.add(issue)
    session.flush()
    return {
        "tariff_id": waiting_tariff(session).id,
        "bank_account_id": account.id,
        "bank_file_id": file.id,
        "bank_line_id": line.id,
        "bank_issue_id": issue.id,
    }
