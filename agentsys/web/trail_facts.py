"""Labels for the details of acts that the audit trail records."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString

from agentsys.web.texts import lazy

# Labels of details. One without a label here is shown under its name in the code.
FACTS: Mapping[str, LazyString] = {
    "account": lazy("Akun"),
    "agent_idr": lazy("Komisi agen"),
    "agents": lazy("Agen"),
    "amount_idr": lazy("Jumlah"),
    "area": lazy("Wilayah"),
    "appointed_on": lazy("Diangkat pada"),
    "bank": lazy("Bank"),
    "bank_ref": lazy("Referensi bank"),
    "before": lazy("Sebelumnya"),
    "billed": lazy("Ditagih"),
    "city": lazy("Kota"),
    "closed_idr": lazy("Tagihan ditutup"),
    "code": lazy("Kode"),
    "count": lazy("Jumlah orang"),
    "day": lazy("Tanggal"),
    "days": lazy("Hari"),
    "difference_idr": lazy("Selisih"),
    "filename": lazy("Berkas"),
    "matched": lazy("Cocok"),
    "evidence": lazy("Bukti"),
    "fee_idr": lazy("Biaya"),
    "from_month": lazy("Mulai bulan"),
    "hour": lazy("Jam"),
    "happened_on": lazy("Tanggal kejadian"),
    "holder": lazy("Nama pemilik rekening"),
    "items": lazy("Belum selesai"),
    "kelurahan": lazy("Kelurahan"),
    "source": lazy("Sumber"),
    "from_on": lazy("Berlaku mulai"),
    "kode_iuran": lazy("Kode iuran"),
    "kpj": lazy("Nomor KPJ"),
    "month": lazy("Bulan"),
    "ecosystem": lazy("Ekosistem"),
    "name": lazy("Nama"),
    "names": lazy("Nama"),
    "note": lazy("Catatan"),
    "npwp": lazy("NPWP"),
    "number": lazy("Nomor"),
    "office_idr": lazy("Bagian kantor"),
    "provider": lazy("Penyedia"),
    "reason": lazy("Alasan"),
    "rejected": lazy("Ditolak"),
    "roles": lazy("Peran"),
    "rows": lazy("Baris"),
    "status": lazy("Status"),
    "substitute": lazy("Pengganti"),
    "until_month": lazy("Sampai sebelum"),
    "whole_nik": lazy("NIK lengkap"),
    "wrong_before": lazy("Kata sandi salah sebelumnya"),
    "zone": lazy("Zona waktu"),
    "kind": lazy("Jenis"),
    "parent": lazy("Kantor induk"),
    "controller": lazy("Pengendali data"),
    "pks_number": lazy("Nomor PKS"),
    "phone": lazy("Nomor HP"),
    "office": lazy("Kantor"),
}
