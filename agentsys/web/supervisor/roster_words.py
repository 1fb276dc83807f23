"""Words for what the columns of a list hold, and for what rests on its workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from agentsys.db import db
from agentsys.rosters.looking import KNOWN
from agentsys.rosters.shown import ChangedRow
from agentsys.web.texts import lazy, rp
from agentsys.web.workers.change_words import LABELS
from agentsys.web.workers.group_words import ECOSYSTEMS, GROUP
from agentsys.workers import groups

NOT_READ = lazy("Tidak dibaca")
# What a column may hold; the order is that of a usual list.
FIELD_WORDS: Mapping[str, Any] = {
    **LABELS,
    "name": lazy("Nama lengkap"),
    "group_id": GROUP,
    "market": lazy("Pasar"),
    "platform": lazy("Platform"),
    "cooperative": lazy("Koperasi"),
    "ttl": lazy("Tempat dan tanggal lahir"),
    "kpj": lazy("Nomor KPJ"),
    "income": lazy("Penghasilan per bulan"),
    "birth_day": lazy("Tanggal lahir: hari"),
    "birth_month": lazy("Tanggal lahir: bulan"),
    "birth_year": lazy("Tanggal lahir: tahun"),
    "sex_l": lazy("Tanda laki-laki"),
    "sex_p": lazy("Tanda perempuan"),
    "status": lazy("Status penduduk"),
    "status_code": lazy("Kode status penduduk"),
    "remark": lazy("Keterangan"),
    "heir_name": lazy("Ahli waris: nama"),
    "heir_nik": lazy("Ahli waris: NIK"),
    "heir_relation": lazy("Ahli waris: hubungan"),
    "heir_phone": lazy("Ahli waris: nomor HP"),
    "registration": lazy("Pendaftaran ke BPJS"),
    "registered_how": lazy("Sumber pendaftaran"),
}
_HIDDEN_FIELDS = {"registration", "registered_how"}  # they follow from the KPJ
DEPENDENTS: Mapping[str, Any] = {
    "workers": lazy("data diubah, didaftarkan, atau dipindahkan setelah impor"),
    "enrolments": lazy("kepesertaan berubah"),
    "contributions": lazy("iuran sudah dibayar atau ditahan"),
    "payments": lazy("ada pembayaran"),
    "payment_months": lazy("ada pembayaran"),
    "closed_contributions": lazy("ada tagihan yang ditutup"),
    "mandate_workers": lazy("ikut debit otomatis"),
    "worker_changes": lazy("ada usul perubahan"),
    "duplicate_pairs": lazy("sudah diputuskan sama atau berbeda dengan orang lain"),
    "worker_merges": lazy("catatannya digabung"),
    "roster_changes": lazy("diubah oleh daftar lain"),
    "heirs": lazy("ahli waris sudah dicatat"),
    "claims": lazy("ada klaim"),
    "pay_links": lazy("tautan bayar sudah dibuat"),
    "statement_lines": lazy("masuk laporan komisi"),
}


def field_choices() -> list[tuple[str, Any]]:
    """What a column may hold, with its word; "" for a column that is not read."""
    words = [(name, FIELD_WORDS.get(name, name.replace("_", " ").capitalize())) for name in KNOWN]
    return [("", NOT_READ), *words]


def changed_fields(row: ChangedRow) -> Sequence[Mapping[str, Any]]:
    """What a list changes of one worker: label, before and after."""
    fields = [
        {
            "label": FIELD_WORDS.get(name, name),
            "before": _value(name, row.before.get(name)),
            "after": _value(name, after),
        }
        for name, after in row.after.items()
        if name not in _HIDDEN_FIELDS
    ]
    if row.changes_kk:
        fields.append({"label": FIELD_WORDS["kk"], "before": "•••", "after": _("nomor lain")})
    if row.enrols:
        fields.append({"label": _("Kepesertaan"), "before": "–", "after": _("dimulai")})
    if row.agent:
        fields.append({"label": _("Agen pengelola"), "before": "–", "after": row.agent})
    return fields


def _value(name: str, value: str | None) -> str:
    if not value:
        return _("(kosong)")
    if name == "group_id":
        return groups.name_of(db.session(), int(value))
    if name == "ecosystem":
        return str(ECOSYSTEMS[value])
    return rp(int(value)) if name == "income_idr" else value
