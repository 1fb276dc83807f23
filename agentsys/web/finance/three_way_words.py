"""The classes of the three-way match in words: what each is, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel.speaklater import LazyString

from agentsys.closing.three_way import MatchClass
from agentsys.web.texts import lazy

CLASSES: Mapping[MatchClass, LazyString] = {
    MatchClass.MATCHED: lazy("Cocok di ketiganya"),
    MatchClass.UNPAID: lazy("Belum dibayar"),
    MatchClass.PAID: lazy("Dibayar, belum disetor ke BPJS"),
    MatchClass.REMITTED: lazy("Disetor, belum LUNAS di BPJS"),
    MatchClass.NOT_SETTLED: lazy("LUNAS, belum ada di laporan gateway"),
    MatchClass.UNBOOKED: lazy("Diselesaikan gateway, belum di jurnal"),
    MatchClass.NOT_AT_GATEWAY: lazy("Di jurnal, tidak ada di gateway"),
    MatchClass.REFUSED: lazy("Ditolak BPJS atau ditahan"),
    MatchClass.SUM_DIFFERS: lazy("Jumlahnya berbeda"),
}
ADVICE: Mapping[MatchClass, LazyString] = {
    MatchClass.MATCHED: lazy("Tidak ada yang perlu dilakukan."),
    MatchClass.UNPAID: lazy("Tagih pekerja atau sponsornya."),
    MatchClass.PAID: lazy("Setorkan di Kirim ke BPJS; uang tunai dikonfirmasi dulu."),
    MatchClass.REMITTED: lazy("Bayar kode iurannya, lalu tempel hasil BPJS."),
    MatchClass.NOT_SETTLED: lazy("Unggah laporan penyelesaian gateway hari itu di Mutasi bank."),
    MatchClass.UNBOOKED: lazy("Tanya penyedia lagi di halaman pembayarannya."),
    MatchClass.NOT_AT_GATEWAY: lazy("Tanyakan uangnya kepada penyedia; lihat Perlu diperiksa."),
    MatchClass.REFUSED: lazy("Perbaiki datanya, lalu lepas di Iuran yang ditahan."),
    MatchClass.SUM_DIFFERS: lazy("Jelaskan selisihnya di halaman setoran atau baris mutasinya."),
}
