"""Words for why a cash receipt was voided."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString

from agentsys.payments.reversal_models import ReversalWhy
from agentsys.web.texts import lazy

WHY: Mapping[ReversalWhy, LazyString] = {
    ReversalWhy.WRONG_WORKER: lazy("Salah pekerja"),
    ReversalWhy.WRONG_MONTHS: lazy("Salah bulan atau jumlah"),
    ReversalWhy.NO_CASH: lazy("Uangnya tidak diterima"),
    ReversalWhy.OTHER: lazy("Alasan lain"),
}
