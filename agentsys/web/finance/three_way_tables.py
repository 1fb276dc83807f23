"""The three-way match as tables: the same on the page, in the files and in the closing report."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from agentsys.closing.three_way import CASH, NOBODY, SPONSOR, ExceptionRow, Sums, ThreeWay
from agentsys.web.finance.three_way_words import ADVICE, CLASSES
from agentsys.web.report_tables import Cell, Head, Kind, Section
from agentsys.web.texts import day_and_time, month
from agentsys.web.view_models import channel_label


def of_match(found: ThreeWay) -> list[Section]:
    """The match by channel and by class; both have the same sums."""
    return [_by_channel(found), _by_class(found)]


def of_exceptions(rows: Sequence[ExceptionRow]) -> Section:
    """The exceptions one by one, with what to do about each."""
    return Section(
        id="pengecualian",
        title=_("Pengecualian"),
        heads=[
            Head(_("Pekerja")),
            Head(_("Bulan iuran")),
            Head(_("Kelas")),
            Head(_("Saluran")),
            *_sides(),
            Head(_("Pembayaran")),
            Head(_("Setoran BPJS")),
            Head(_("Sejak")),
            Head(_("Yang perlu dilakukan")),
        ],
        rows=[
            [
                row.worker_name,
                month(row.month),
                str(CLASSES[row.kind]),
                channel_name(row.channel),
                row.amount_idr,
                row.gateway_idr,
                row.journal_idr,
                row.bpjs_idr,
                row.reference,
                f"#{row.remittance_id}" if row.remittance_id else "",
                day_and_time(row.since),
                str(ADVICE[row.kind]),
            ]
            for row in rows
        ],
        total=[
            _("Jumlah"),
            "",
            "",
            "",
            sum(row.amount_idr for row in rows),
            sum(row.gateway_idr for row in rows),
            sum(row.journal_idr for row in rows),
            sum(row.bpjs_idr for row in rows),
            *[""] * 4,
        ],
    )


def channel_name(name: str) -> str:
    """Through what a contribution was paid, in words."""
    if name == CASH:
        return _("Tunai ke agen")
    if name == SPONSOR:
        return _("Transfer sponsor")
    return channel_label(name) if name != NOBODY else _("Belum dibayar")


def _by_channel(found: ThreeWay) -> Section:
    return Section(
        id="saluran",
        title=_("Menurut saluran"),
        note=_(
            "Gateway: yang ada di laporan penyelesaiannya. Jurnal: yang dipegang untuk BPJS atau"
            " sudah dibayarkan. LUNAS: jumlah menurut BPJS."
        ),
        heads=[Head(_("Saluran")), Head(_("Banyaknya"), Kind.COUNT), *_sides(collected=True)],
        rows=[
            [channel_name(name), *_cells(sums, collected=True)]
            for name, sums in found.by_channel.items()
        ],
        total=[_("Jumlah"), *_cells(found.total, collected=True)] if found.parts else (),
    )


def _by_class(found: ThreeWay) -> Section:
    by_class = found.by_class
    rows: list[list[Cell]] = [
        [str(CLASSES[kind]), *_cells(by_class[kind])] for kind in CLASSES if by_class[kind].count
    ]
    return Section(
        id="kelas",
        title=_("Menurut kelas"),
        note=_("Setiap iuran ada di tepat satu kelas."),
        heads=[Head(_("Kelas")), Head(_("Banyaknya"), Kind.COUNT), *_sides()],
        rows=rows,
        total=[_("Jumlah"), *_cells(found.total)] if rows else (),
    )


def _sides(*, collected: bool = False) -> list[Head]:
    titles = [_("Iuran"), *([_("Terkumpul")] if collected else []), _("Gateway"), _("Jurnal")]
    return [Head(title, Kind.IDR) for title in [*titles, _("LUNAS di BPJS")]]


def _cells(sums: Sums, *, collected: bool = False) -> list[Cell]:
    between = [sums.collected_idr] if collected else []
    return [
        sums.count, sums.billed_idr, *between, sums.gateway_idr, sums.journal_idr, sums.bpjs_idr
    ]  # fmt: skip
