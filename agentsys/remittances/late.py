"""What finance is told of a payment that came after its code expired, or under an earlier code."""

from __future__ import annotations

from agentsys import clock
from agentsys.messages import Message
from agentsys.months import HEAD_OFFICE
from agentsys.remittances.batches import tidy_code
from agentsys.remittances.models import Remittance
from agentsys.remittances.results import ResultRow

_EARLIER_CODE = (
    "BPJS dibayar lewat kode lama {paid_code}. Jangan bayar kode {kode_iuran}, yang sudah diminta"
    " sesudahnya."
)
_AFTER_EXPIRY = (
    "Dibayar sesudah kodenya kedaluwarsa {expired_at}, dan BPJS tetap menyatakan LUNAS. Simpan"
    " bukti transfernya."
)


def warning(row: ResultRow, remittance: Remittance) -> Message | None:
    """What is odd about a payment that is about to confirm the batch; None if nothing is."""
    code = tidy_code(row.kode_iuran)
    if remittance.kode_iuran != code:
        values = {"paid_code": code, "kode_iuran": remittance.kode_iuran}
        return Message(text=_EARLIER_CODE, values=values)
    expires = remittance.code_expires_at
    if expires is None:
        return None
    if row.paid_on is not None:
        late = row.paid_on >= expires.astimezone(HEAD_OFFICE).date()
    else:
        late = clock.now() >= expires
    return Message(text=_AFTER_EXPIRY, values={"expired_at": expires}) if late else None
