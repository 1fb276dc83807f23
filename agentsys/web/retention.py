"""The page of retention: how long data is kept, and what was destroyed."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from agentsys.db import db
from agentsys.people.permissions import Permission
from agentsys.retention import queries
from agentsys.retention.settings import Kept
from agentsys.web.access import blueprint_for
from agentsys.web.lists import ListPage, ListView
from agentsys.web.texts import day, day_and_time, lazy

retention = blueprint_for(
    "retention", __name__, permission=Permission.TRAIL_READ, url_prefix="/masa-simpan"
)

KINDS = {
    Kept.CALLBACK: lazy("Kabar dari penyedia, dengan isinya"),
    Kept.EVENT: lazy("Kejadian yang disampaikan kepada pengaya"),
    Kept.ROSTER_NOTE: lazy("Catatan baris daftar yang ditolak atau diperbaiki"),
    Kept.PAY_LINK: lazy("Tautan bayar yang kedaluwarsa"),
    Kept.PAGE_CODE: lazy("Kode halaman pekerja yang kedaluwarsa"),
    Kept.EXPIRED_PAYMENT: lazy("Tagihan yang tidak pernah dibayar"),
    Kept.NOTICE: lazy("Pesan kepada pekerja"),
    Kept.SESSION: lazy("Sesi masuk yang sudah berakhir"),
    Kept.STATEMENT_FILE: lazy("Berkas mutasi yang ditolak"),
}
DESTRUCTIONS = ListPage(
    endpoint="retention.index",
    title=lazy("Masa simpan data"),
    sorts={"begun": lazy("Waktu"), "rows": lazy("Baris")},
    states={kind.value: words for kind, words in KINDS.items()},
    states_label=lazy("Jenis"),
    personal=False,
    dates=True,
    filename="penghapusan-data",
    columns=(
        (lazy("Jenis"), lambda row: str(KINDS[row.kind])),
        (lazy("Sebelum"), lambda row: day(row.before_on)),
        (lazy("Baris"), lambda row: row.rows),
        (lazy("Byte"), lambda row: row.bytes),
        (lazy("Masa simpan (bulan)"), lambda row: row.months),
        (lazy("Alasan"), lambda row: row.source),
        (lazy("Mulai"), lambda row: day_and_time(row.begun_at)),
        (lazy("Selesai"), lambda row: day_and_time(row.finished_at) if row.finished_at else ""),
        (lazy("Oleh"), lambda row: row.begun_by),
    ),
)


@retention.get("/")
def index() -> Response | str:
    """The settings of today, and the records of what was destroyed."""
    return ListView(DESTRUCTIONS).answer(
        lambda asked: queries.destructions(db.session(), asked), _page
    )


def _page(view: ListView) -> str:
    return render_template(
        "trail/retention.html",
        settings=queries.settings(),
        label=KINDS,
        listing=view,
        for_ever=[
            _("Uang: pembayaran, kuitansi, setoran, kiriman ke BPJS, dan mutasi bank"),
            _("Buku besar dan penutupan bulan"),
            _("Persetujuan pekerja dan mandat"),
            _("Jejak audit, dan catatan penghapusan ini"),
        ],
    )
