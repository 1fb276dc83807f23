"""What merging two records of one person would do, and what has to be settled before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.ledger import accounts
from agentsys.messages import Message
from agentsys.months import add_months

# What the two records have, month by month. `agent_id`: whose month number the month counts for.
_MONTHS = text("""
SELECT c.month, c.agent_id, c.amount_idr, c.payment_id, c.confirmed_at IS NOT NULL AS confirmed,
       c.payment_id IS NOT NULL AS paid, c.worker_id = :merged AS of_merged
FROM contributions c WHERE c.worker_id IN (:kept, :merged)
UNION ALL
SELECT m.month::date, p.agent_id, 0, NULL, true, true, p.worker_id = :merged
FROM earlier_periods p CROSS JOIN LATERAL generate_series(
    p.from_month, p.until_month - interval '1 month', interval '1 month'
) AS m (month)
WHERE p.worker_id IN (:kept, :merged) AND p.state = 'counted'
ORDER BY 1
""")

# What has to be settled first, by the reason in words.
_TIES = text("""
SELECT
    EXISTS (SELECT FROM payments p WHERE p.worker_id = :merged
        AND p.state IN ('created', 'pending', 'review')
        AND EXISTS (SELECT FROM payment_months m WHERE m.payment_id = p.id AND m.live)
    ) OR EXISTS (SELECT FROM payments p WHERE p.worker_id = :merged
        AND p.state IN ('pending', 'review')) AS payment,
    EXISTS (SELECT FROM contributions c WHERE c.worker_id = :merged
        AND c.payment_id IS NOT NULL AND c.confirmed_at IS NULL) AS unconfirmed,
    EXISTS (SELECT FROM mandate_workers w JOIN mandates m ON m.id = w.mandate_id
        WHERE w.worker_id = :merged AND m.state <> 'ended') AS mandate,
    EXISTS (SELECT FROM debits d WHERE d.worker_id = :merged AND d.state = 'calling') AS debit,
    EXISTS (SELECT FROM cases c JOIN payments p ON p.id = c.payment_id
        WHERE p.worker_id = :merged AND c.closed_at IS NULL) AS open_case,
    EXISTS (SELECT FROM balances b WHERE b.amount_idr <> 0
        AND b.account IN (:owed, :claim)) AS balance,
    EXISTS (SELECT FROM refunds r JOIN payments p ON p.id = r.payment_id
        WHERE p.worker_id = :merged AND r.state IN ('proposed', 'approved'))
    OR EXISTS (SELECT FROM cash_reversals v JOIN payments p ON p.id = v.payment_id
        WHERE :merged IN (p.worker_id, v.to_worker_id) AND v.state = 'proposed') AS refund,
    EXISTS (SELECT FROM claims c WHERE c.worker_id = :merged
        AND c.state IN ('reported', 'papers')) AS benefit,
    EXISTS (SELECT FROM worker_changes c WHERE c.worker_id IN (:kept, :merged)
        AND c.state = 'proposed') AS change,
    EXISTS (SELECT FROM earlier_periods p WHERE p.worker_id IN (:kept, :merged)
        AND p.state IN ('proposed', 'retracting')) AS earlier,
    EXISTS (SELECT FROM data_requests r WHERE r.worker_id IN (:kept, :merged)
        AND r.state = 'open') AS request,
    EXISTS (SELECT FROM workers w WHERE w.id IN (:kept, :merged)
        AND w.merged_into IS NOT NULL) AS merged_before,
    EXISTS (SELECT FROM workers w WHERE w.merged_into = :merged) AS has_merged,
    EXISTS (SELECT FROM workers w WHERE w.id IN (:kept, :merged)
        AND w.erased_at IS NOT NULL) AS erased,
    (SELECT count(DISTINCT w.office_id) FROM workers w WHERE w.id IN (:kept, :merged)) > 1
        AS offices,
    EXISTS (SELECT FROM enrolments e WHERE e.worker_id = :merged AND e.end_reason = 'died') AS died,
    EXISTS (SELECT FROM enrolments e WHERE e.worker_id = :merged
        AND (e.until_month IS NULL OR e.until_month > :this_month))
    AND NOT EXISTS (SELECT FROM enrolments e WHERE e.worker_id = :kept
        AND (e.until_month IS NULL OR e.until_month > :this_month)) AS kept_ended
""")
_SAY: Mapping[str, str] = {
    "payment": "Ada pembayaran yang sedang berjalan di catatan yang digabung. Tunggu sampai selesai"
    " atau kedaluwarsa, atau batalkan.",
    "unconfirmed": "Ada iuran catatan yang digabung yang sudah dibayar tetapi belum LUNAS di BPJS,"
    " termasuk titipan di tangan agen. Setor sampai LUNAS, atau kembalikan pembayarannya.",
    "mandate": "Debit otomatis catatan yang digabung masih ada. Hentikan dulu.",
    "debit": "Debit otomatis catatan yang digabung sedang diproses. Tunggu hasilnya.",
    "open_case": "Pembayaran catatan yang digabung masih diperiksa. Tutup dulu kasusnya.",
    "balance": "Masih ada uang pekerja yang harus dikembalikan, atau utangnya, di catatan yang"
    " digabung. Selesaikan dulu di Buku besar.",
    "refund": "Ada pengembalian yang belum selesai di catatan yang digabung.",
    "benefit": "Klaim BPJS catatan yang digabung masih berjalan. Selesaikan dulu.",
    "change": "Ada usul perubahan data yang menunggu. Putuskan dulu.",
    "earlier": "Ada bulan yang dibayar di tempat lain yang menunggu diputuskan. Putuskan dulu.",
    "request": "Ada permintaan tentang data pribadi yang menunggu. Jawab dulu.",
    "merged_before": "Salah satu catatan sudah digabung ke catatan lain.",
    "has_merged": "Catatan lain sudah digabung ke catatan ini. Pilih catatan ini sebagai yang"
    " tetap.",
    "erased": "Data pribadi salah satu catatan sudah dihapus.",
    "offices": "Kedua catatan ada di dua kantor. Serahkan dulu salah satunya ke kantor yang lain.",
    "died": "Catatan yang digabung berakhir karena pekerja meninggal. Pilih catatan itu sebagai"
    " yang tetap.",
    "kept_ended": "Kepesertaan catatan yang tetap sudah berakhir, yang digabung masih berjalan."
    " Pilih catatan yang berjalan sebagai yang tetap.",
    "unconfirmed_twice": "Bulan {months} sudah LUNAS di catatan yang digabung, dan juga dibayar di"
    " catatan yang tetap tetapi belum LUNAS di sana. Kembalikan dulu pembayaran itu, atau tunggu"
    " sampai LUNAS.",
}


@dataclass(frozen=True, kw_only=True)
class Month:
    """A month and its sum; `agent_id`: whose month number it counts for."""

    month: date
    amount_idr: int
    agent_id: int | None
    payment_id: int | None


@dataclass(frozen=True, kw_only=True)
class MergeEffect:
    """What merging would do; nothing of it is done while there are problems."""

    closes: Sequence[Month]  # open bills of the merged worker: nobody has to pay them
    closes_of_kept: Sequence[Month]  # open bills of the kept worker, which the merged one paid
    counts: Sequence[Month]  # confirmed months that now count for the kept worker
    twice: Sequence[Month]  # confirmed under both: BPJS has the money twice
    problems: Sequence[Message]

    def listed(self) -> dict[str, Any]:
        """The months, to be stored with a merge."""
        return {
            name: [
                {"month": found.month.isoformat(), "amount_idr": found.amount_idr}
                for found in getattr(self, name)
            ]
            for name in ("closes", "closes_of_kept", "counts", "twice")
        }

    @property
    def version(self) -> str:
        """A short text that differs if anything of this does: what a person has seen."""
        said = [problem.text for problem in self.problems]
        whole = json.dumps([self.listed(), said], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()[:16]

    def periods(self) -> list[tuple[date, date, int | None]]:
        """The counted months as periods without a gap: first, first after it, agent."""
        found: list[tuple[date, date, int | None]] = []
        for each in self.counts:
            if found and found[-1][1:] == (each.month, each.agent_id):
                found[-1] = (found[-1][0], add_months(each.month, 1), each.agent_id)
            else:
                found.append((each.month, add_months(each.month, 1), each.agent_id))
        return found


def effect_of(session: Session, *, kept_id: int, merged_id: int, this_month: date) -> MergeEffect:
    """What merging would do now; the caller holds the locks if something is written."""
    values = {"kept": kept_id, "merged": merged_id, "this_month": this_month}
    rows = session.execute(_MONTHS, values).all()
    kept = {row.month: row for row in rows if not row.of_merged}
    confirmed: dict[date, Any] = {}
    for row in rows:
        if row.of_merged and row.confirmed:
            confirmed.setdefault(row.month, row)
    closes = [_month(row) for row in rows if row.of_merged and not row.paid]
    counts = [_month(row) for month, row in confirmed.items() if not _is_paid(kept, month)]
    twice = [
        _month(row)
        for month, row in confirmed.items()
        if month in kept and kept[month].confirmed and row.payment_id is not None
    ]
    half = [month for month in confirmed if _is_paid(kept, month) and not kept[month].confirmed]
    closing = [_month(kept[each.month]) for each in counts if each.month in kept]
    return MergeEffect(
        closes=closes,
        closes_of_kept=closing,
        counts=counts,
        twice=twice,
        problems=_problems(session, values, half),
    )


def _problems(session: Session, values: Mapping[str, Any], half: Sequence[date]) -> list[Message]:
    asked = {
        **values,
        "owed": accounts.owed_to_worker(values["merged"]),
        "claim": accounts.claim_on_worker(values["merged"]),
    }
    found = session.execute(_TIES, asked).one()._mapping
    said = [Message(text=_SAY[name], values={}) for name, holds in found.items() if holds]
    if half:
        said.append(Message(text=_SAY["unconfirmed_twice"], values={"months": list(half)}))
    return said


def _is_paid(kept: Mapping[date, Any], month: date) -> bool:
    return month in kept and kept[month].paid


def _month(row: Any) -> Month:
    return Month(
        month=row.month,
        amount_idr=row.amount_idr,
        agent_id=row.agent_id,
        payment_id=row.payment_id,
    )
