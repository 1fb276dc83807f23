"""What the page of a batch shows of its transfer to BPJS."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.payments import evidence
from agentsys.people.permissions import Permission
from agentsys.people.queries import names_of
from agentsys.remittances import evidence as transfers
from agentsys.scans.kinds import MOST_BYTES
from agentsys.web import scan_files


def transfer_parts(session: Session, remittance_id: int) -> dict[str, Any]:
    """The proofs of a batch's transfer, the batches that name the same, and an empty form."""
    rows = evidence.files_of_remittance(session, remittance_id)
    names = names_of(session, [row.added_by for row in rows])
    return {
        "proofs": [
            {
                "row": row,
                "by": names[row.added_by],
                "url": url_for(
                    "finance.transfer_file", remittance_id=remittance_id, proof_id=row.id
                ),
            }
            for row in rows
        ],
        "same_proof": transfers.others_with(
            session, remittance_id=remittance_id, references=[row.reference for row in rows]
        ),
        "transfer": {},  # what was typed in a form that was refused
        "may_prove": current_user.can(Permission.REMITTANCE_CONFIRM),
        "proof_bytes": MOST_BYTES,
        "proof_hint": scan_files.HINT,
    }
