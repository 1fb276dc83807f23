"""The label, the colour and the icon of every state."""

from __future__ import annotations

from agentsys.web.state_words_pay import BY_TWO, PAY_WORDS
from agentsys.web.state_words_pay import StateWord as StateWord  # noqa: PLC0414
from agentsys.web.texts import lazy

_RUNS = {
    "waiting": StateWord(lazy("Menunggu giliran"), "", "clock"),
    "running": StateWord(lazy("Berjalan"), "warn", "loader"),
    "done": StateWord(lazy("Selesai"), "ok", "circle-check"),
    "failed": StateWord(lazy("Gagal"), "bad", "circle-x"),
}

_PEOPLE = {
    "candidate": StateWord(lazy("Calon"), "warn", "hourglass"),
    "active": StateWord(lazy("Aktif"), "ok", "circle-check"),
    "suspended": StateWord(lazy("Ditangguhkan"), "bad", "circle-pause"),
    "left": StateWord(lazy("Berhenti"), "off", "circle-off"),
    "disabled": StateWord(lazy("Dinonaktifkan"), "off", "ban"),
    "locked": StateWord(lazy("Terkunci"), "bad", "lock"),
}

WORDS: dict[str, dict[str, StateWord]] = {
    "agent_account": {
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "approved": StateWord(lazy("Disetujui"), "ok", "circle-check"),
        "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
        "withdrawn": StateWord(lazy("Ditarik"), "off", "undo-2"),
        "stopped": StateWord(lazy("Dihentikan agen"), "bad", "ban"),
    },
    **PAY_WORDS,
    "change": {
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "planned": StateWord(lazy("Direncanakan"), "", "calendar-clock"),
        "approved": StateWord(lazy("Disetujui"), "ok", "circle-check"),
        "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
        "withdrawn": StateWord(lazy("Ditarik"), "off", "undo-2"),
    },
    "pair": {
        "open": StateWord(lazy("Belum diperiksa"), "warn", "clock"),
        "different": StateWord(lazy("Dua orang berbeda"), "off", "users"),
        "merged": StateWord(lazy("Digabung"), "ok", "merge"),
    },
    "merge": {
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "done": StateWord(lazy("Digabung"), "ok", "merge"),
        "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
        "withdrawn": StateWord(lazy("Ditarik"), "off", "undo-2"),
        "undone": StateWord(lazy("Dibatalkan"), "off", "undo-2"),
    },
    "payment": {
        "created": StateWord(lazy("Tagihan dibuat"), "", "clock"),
        "pending": StateWord(lazy("Menunggu pembayaran"), "warn", "clock"),
        "settled": StateWord(lazy("Uang diterima"), "ok", "circle-check"),
        "failed": StateWord(lazy("Gagal"), "bad", "circle-x"),
        "expired": StateWord(lazy("Kedaluwarsa atau dibatalkan"), "off", "timer-off"),
        "refunded": StateWord(lazy("Dikembalikan"), "off", "undo-2"),
        "review": StateWord(lazy("Diperiksa"), "warn", "search-check"),
    },
    "contribution": {
        "billed": StateWord(lazy("Ditagih"), "warn", "clock"),
        "collected": StateWord(lazy("Diterima"), "", "hand-coins"),
        "remitted": StateWord(lazy("Disetor ke BPJS"), "", "send"),
        "confirmed": StateWord(lazy("LUNAS di BPJS"), "ok", "shield-check"),
    },
    "month": {
        "billed": StateWord(lazy("Belum dibayar"), "bad", "x"),
        "collected": StateWord(lazy("Dibayar, menunggu BPJS"), "", "hourglass"),
        "remitted": StateWord(lazy("Dibayar, menunggu BPJS"), "", "hourglass"),
        "confirmed": StateWord(lazy("LUNAS di BPJS"), "ok", "check"),
        "sponsored": StateWord(lazy("Dibayar sponsor"), "", "hand-heart"),
        "elsewhere": StateWord(lazy("Dibayar di tempat lain"), "ok", "check-check"),
        "None": StateWord(lazy("Tidak ada tagihan"), "off", "minus"),
    },
    "claim": {
        "reported": StateWord(lazy("Dilaporkan"), "warn", "clock"),
        "papers": StateWord(lazy("Berkas di BPJS"), "", "file-check"),
        "paid": StateWord(lazy("Dibayar BPJS"), "ok", "circle-check"),
        "refused": StateWord(lazy("Ditolak BPJS"), "bad", "circle-x"),
        "dropped": StateWord(lazy("Tidak dilanjutkan"), "off", "circle-off"),
    },
    "earlier": {
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "refused": StateWord(lazy("Ditolak"), "off", "ban"),
        "counted": StateWord(lazy("Dihitung"), "ok", "circle-check"),
        "retracting": StateWord(lazy("Diminta ditarik"), "warn", "undo-2"),
        "taken_back": StateWord(lazy("Ditarik kembali"), "off", "undo-2"),
    },
    "deposit": {
        "declared": StateWord(lazy("Menunggu konfirmasi"), "warn", "clock"),
        "confirmed": StateWord(lazy("Dikonfirmasi"), "ok", "circle-check"),
        "returned": StateWord(lazy("Dikembalikan"), "bad", "undo-2"),
        "withdrawn": StateWord(lazy("Ditarik kembali"), "off", "undo-2"),
    },
    "correction": {**BY_TWO, "approved": StateWord(lazy("Dikoreksi"), "ok", "circle-check")},
    "tariff": {**BY_TWO, "released": StateWord(lazy("Dirilis"), "ok", "circle-check")},
    "deduction": {
        "asked": StateWord(lazy("Menunggu kantor"), "warn", "clock"),
        "agreed": StateWord(lazy("Disetujui"), "ok", "circle-check"),
        "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
        "withdrawn": StateWord(lazy("Ditarik"), "off", "undo-2"),
        "ended": StateWord(lazy("Diakhiri"), "off", "circle-off"),
        "deducted": StateWord(lazy("Sudah dipotong"), "ok", "circle-check"),
    },
    "statement": {
        "submitted": StateWord(lazy("Menunggu persetujuan"), "warn", "clock"),
        "returned": StateWord(lazy("Dikembalikan"), "bad", "undo-2"),
        "approved": StateWord(lazy("Disetujui"), "ok", "circle-check"),
    },
    "remittance": {
        "open": StateWord(lazy("Menunggu kode iuran"), "", "layers"),
        "coded": StateWord(lazy("Menunggu LUNAS"), "warn", "clock"),
        "confirmed": StateWord(lazy("LUNAS"), "ok", "shield-check"),
        "cancelled": StateWord(lazy("Dibatalkan"), "off", "ban"),
        "cancelling": StateWord(lazy("Diusulkan dibatalkan"), "bad", "triangle-alert"),
    },
    "settlement": {
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "booked": StateWord(lazy("Selesai"), "ok", "circle-check"),
        "refused": StateWord(lazy("Ditolak"), "off", "ban"),
    },
    "data_request": {
        "open": StateWord(lazy("Menunggu jawaban"), "warn", "clock"),
        "done": StateWord(lazy("Dilakukan"), "ok", "circle-check"),
        "refused": StateWord(lazy("Ditolak"), "off", "ban"),
    },
    "refund": {
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "approved": StateWord(lazy("Penyedia sedang ditanya"), "warn", "hourglass"),
        "given": StateWord(lazy("Dikembalikan"), "ok", "undo-2"),
        "refused": StateWord(lazy("Ditolak"), "off", "ban"),
        "failed": StateWord(lazy("Gagal di penyedia"), "bad", "circle-x"),
    },
    "reversal": {
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "approved": StateWord(lazy("Kuitansi dibatalkan"), "ok", "ban"),
        "refused": StateWord(lazy("Ditolak"), "off", "circle-x"),
        "withdrawn": StateWord(lazy("Ditarik"), "off", "undo-2"),
    },
    "callback": {
        "moved": StateWord(lazy("Diterapkan"), "ok", "circle-check"),
        "nothing_new": StateWord(lazy("Tidak ada yang baru"), "off", "equal"),
        "unknown": StateWord(lazy("Pembayaran tak dikenal"), "bad", "circle-question-mark"),
        "foreign": StateWord(lazy("Milik sistem lain"), "off", "circle-off"),
        "to_check": StateWord(lazy("Perlu diperiksa"), "bad", "triangle-alert"),
        "None": StateWord(lazy("Belum diproses"), "warn", "clock"),
    },
    "channel": {
        "working": StateWord(lazy("Berjalan"), "ok", "circle-check"),
        "away": StateWord(lazy("Tidak menjawab"), "warn", "clock-alert"),
        "stopped": StateWord(lazy("Berhenti"), "bad", "triangle-alert"),
    },
    "membership": {
        "candidate": StateWord(lazy("Belum mulai"), "off", "circle-dashed"),
        "recorded": StateWord(lazy("Belum didaftarkan ke BPJS"), "warn", "hourglass"),
        "refused": StateWord(lazy("Ditolak BPJS"), "bad", "circle-x"),
        "registered": StateWord(lazy("Terdaftar, belum LUNAS"), "", "badge-check"),
        "active": StateWord(lazy("Aktif"), "ok", "shield-check"),
        "arrears": StateWord(lazy("Menunggak"), "warn", "clock-alert"),
        "lapsing": StateWord(lazy("Menunggak lebih dari 3 bulan"), "bad", "clock-alert"),
        "ended": StateWord(lazy("Berakhir"), "off", "circle-off"),
    },
    "mandate": {
        "asked": StateWord(lazy("Sedang disiapkan"), "", "hourglass"),
        "pending": StateWord(lazy("Menunggu persetujuan"), "warn", "clock"),
        "active": StateWord(lazy("Berjalan"), "ok", "circle-check"),
        "suspended": StateWord(lazy("Akun belum dapat didebit"), "bad", "circle-pause"),
        "unclear": StateWord(lazy("Status akun belum jelas"), "warn", "circle-question-mark"),
        "ended": StateWord(lazy("Berakhir"), "off", "circle-off"),
        "paused": StateWord(lazy("Dijeda"), "warn", "circle-pause"),
    },
    "mandate_end": {
        "revoked_by_payer": StateWord(lazy("Dicabut pemilik akun"), "bad", "circle-x"),
        "revoked_by_us": StateWord(lazy("Dihentikan"), "off", "circle-off"),
        "not_given": StateWord(lazy("Tidak disetujui"), "off", "circle-x"),
        "expired": StateWord(lazy("Masa berlakunya habis"), "bad", "timer-off"),
        "account_closed": StateWord(lazy("Akun ditutup"), "bad", "ban"),
        "replaced": StateWord(lazy("Diganti"), "off", "refresh-cw"),
    },
    "debit": {
        "planned": StateWord(lazy("Direncanakan"), "", "calendar"),
        "announced": StateWord(lazy("Diberitahukan"), "", "bell"),
        "calling": StateWord(lazy("Sedang didebit"), "warn", "loader"),
        "collected": StateWord(lazy("Terdebit"), "ok", "circle-check"),
        "given_up": StateWord(lazy("Tidak berhasil"), "bad", "circle-x"),
        "withdrawn": StateWord(lazy("Tidak jadi didebit"), "off", "undo-2"),
    },
    "notice": {
        "prepared": StateWord(lazy("Belum dikirim"), "warn", "pencil-line"),
        "handed_over": StateWord(lazy("Dikirim, belum dibaca"), "", "send"),
        "opened": StateWord(lazy("Dibuka pekerja"), "ok", "eye"),
        "confirmed": StateWord(lazy("Sudah dibaca"), "ok", "circle-check"),
        "replaced": StateWord(lazy("Diganti yang baru"), "off", "refresh-cw"),
    },
    "case": {
        "other_amount": StateWord(lazy("Jumlah berbeda"), "bad", "scale"),
        "paid_twice": StateWord(lazy("Dibayar dua kali"), "bad", "copy"),
        "paid_again": StateWord(lazy("Masuk dua kali"), "bad", "copy"),
        "paid_late": StateWord(lazy("Dibayar terlambat"), "warn", "clock-alert"),
        "no_cash": StateWord(lazy("Setoran tanpa titipan"), "bad", "scale"),
        "unknown_order": StateWord(lazy("Pembayaran tak dikenal"), "bad", "circle-question-mark"),
        "reversed": StateWord(lazy("Ditarik kembali"), "bad", "undo-2"),
        "refunded_after_remitted": StateWord(lazy("Dikembalikan setelah disetor"), "bad", "undo-2"),
        "refunded_after_repaid": StateWord(lazy("Dikembalikan dua kali"), "bad", "copy"),
        "changed_after_decision": StateWord(lazy("Berubah setelah diputuskan"), "bad", "undo-2"),
        "unclear": StateWord(lazy("Notifikasi tidak jelas"), "bad", "circle-question-mark"),
        "unanswered": StateWord(lazy("Belum dijawab penyedia"), "warn", "clock-alert"),
        "paid_though_cancelled": StateWord(
            lazy("LUNAS setelah dibatalkan"), "bad", "triangle-alert"
        ),
    },
    "handover": {
        "draft": StateWord(lazy("Rancangan"), "", "pencil-line"),
        "proposed": StateWord(lazy("Menunggu persetujuan"), "warn", "clock"),
        "planned": StateWord(lazy("Dijadwalkan"), "", "calendar-clock"),
        "done": StateWord(lazy("Sudah pindah"), "ok", "circle-check"),
        "undone": StateWord(lazy("Dibatalkan"), "off", "undo-2"),
        "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
        "withdrawn": StateWord(lazy("Ditarik"), "off", "circle-off"),
    },
    "agreement": {
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "in_force": StateWord(lazy("Berlaku"), "ok", "circle-check"),
        "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
        "withdrawn": StateWord(lazy("Ditarik"), "off", "circle-off"),
        "ended": StateWord(lazy("Berakhir"), "off", "calendar-x"),
    },
    "list_version": {
        "draft": StateWord(lazy("Rancangan"), "", "pencil-line"),
        "waiting": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "applied": StateWord(lazy("Diterapkan"), "ok", "circle-check"),
        "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
        "undone": StateWord(lazy("Dibatalkan"), "off", "undo-2"),
    },
    "fact_list": {
        "checked": StateWord(lazy("Menunggu keputusan"), "warn", "clock"),
        "applied": StateWord(lazy("Dipakai"), "ok", "circle-check"),
        "dropped": StateWord(lazy("Dibuang"), "off", "trash-2"),
    },
    "bill": {
        "open": StateWord(lazy("Belum dikirim"), "", "pencil-line"),
        "sent": StateWord(lazy("Terkirim"), "warn", "send"),
        "part_paid": StateWord(lazy("Dibayar sebagian"), "warn", "circle-dashed"),
        "paid": StateWord(lazy("Lunas"), "ok", "circle-check"),
    },
    "sponsor_transfer": {
        "created": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "settled": StateWord(lazy("Dikonfirmasi"), "ok", "circle-check"),
        "failed": StateWord(lazy("Ditolak"), "bad", "circle-x"),
    },
    "worker": {
        "new": StateWord(lazy("Belum membayar iuran pertama"), "warn", "clock"),
        "active": StateWord(lazy("Aktif"), "ok", "shield-check"),
        "arrears": StateWord(lazy("Menunggak"), "bad", "circle-alert"),
        "lapsed": StateWord(lazy("Berakhir"), "off", "circle-off"),
    },
    "roster_note": {
        "refused": StateWord(lazy("Ditolak"), "bad", "circle-x"),
        "repaired": StateWord(lazy("Diperbaiki"), "ok", "wand-sparkles"),
        "warned": StateWord(lazy("Perlu dilihat"), "warn", "eye"),
    },
    "roster": _RUNS
    | {
        "uploaded": StateWord(lazy("Dibaca kolomnya"), "", "loader"),
        "mapping": StateWord(lazy("Menunggu kolom"), "warn", "table-properties"),
        "checking": StateWord(lazy("Diperiksa"), "warn", "loader"),
        "checked": StateWord(lazy("Sudah diperiksa"), "warn", "list-checks"),
        "proposed": StateWord(lazy("Menunggu orang kedua"), "warn", "clock"),
        "paused": StateWord(lazy("Dijeda"), "warn", "circle-pause"),
        "undoing": StateWord(lazy("Ditarik kembali"), "warn", "loader"),
        "cancelled": StateWord(lazy("Dibatalkan"), "off", "ban"),
        "undone": StateWord(lazy("Ditarik"), "off", "undo-2"),
    },
    "run": _RUNS,
    "agent": _PEOPLE,
    "user": _PEOPLE,
}


def state_word(kind: str, state: object) -> StateWord:
    """The label of a state; a state without a label is shown by its value."""
    name = str(state)
    return WORDS[kind].get(name) or StateWord(name, "", "circle-dot")
