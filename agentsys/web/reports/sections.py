"""The parts of a report as titled tables, for the page, the spreadsheet and the PDF alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from agentsys.reports import retention
from agentsys.reports.budget import Budget
from agentsys.reports.covered import Place
from agentsys.reports.office import Report
from agentsys.web.benefit_words import CLAIM_KINDS
from agentsys.web.report_tables import Cell, Head, Kind, Section
from agentsys.web.sponsors.words import REASONS
from agentsys.web.texts import month
from agentsys.web.workers.group_words import ECOSYSTEMS, KINDS, NOT_RECORDED


def of_report(found: Report) -> list[Section]:
    """The tables of an office's report; without the parts that no agreement concerns."""
    sections = [
        _kelurahan(found),
        _ecosystems(found),
        _groups(found),
        _months(found),
        _cohorts(found),
        _benefits(found),
    ]
    return [*sections, _leaving(found)] if found.leaving else sections


def of_budget(budget: Budget) -> Section:
    """The budget of an agreement by month."""
    return Section(
        id="anggaran",
        title=_("Anggaran"),
        note=_("Tagihan yang ditutup, misalnya karena meninggal, tidak memakai anggaran."),
        heads=[
            Head(_("Bulan")),
            Head(pgettext("jumlah", "Pekerja"), Kind.COUNT),
            Head(_("Ditagih"), Kind.IDR),
            Head(_("Dibayar"), Kind.IDR),
            Head(_("Sisa anggaran"), Kind.IDR),
        ],
        rows=[
            [month(row.month), row.people, row.billed_idr, row.paid_idr, row.left_idr]
            for row in budget.months
        ],
        total=[
            _("Jumlah"),
            None,
            budget.billed_idr,
            sum(row.paid_idr for row in budget.months),
            budget.left_idr,
        ],
    )


def _places(first: str, named: Sequence[tuple[str, Place]], total: Place) -> dict[str, Any]:
    """Heads, rows and total of a table by place; with targets only if there is one."""
    heads = [Head(first), Head(_("Peserta aktif"), Kind.COUNT)]
    aimed = any(place.target for place in (*(place for _name, place in named), total))
    if aimed:
        heads += [Head(_("Target"), Kind.COUNT), Head(_("Capaian"), Kind.PERCENT)]
    return {
        "heads": heads,
        "rows": [_place(name, place, aimed=aimed) for name, place in named],
        "total": _place(_("Jumlah"), total, aimed=aimed),
    }


def _place(name: str, place: Place, *, aimed: bool) -> list[Cell]:
    return [name, place.covered, *((place.target, place.percent) if aimed else ())]


def _kelurahan(found: Report) -> Section:
    places = found.covered.kelurahan
    return Section(
        id="kelurahan",
        title=_("Peserta aktif per kelurahan, %(month)s", month=month(found.covered.month)),
        note=_("Aktif: iuran bulan itu dinyatakan lunas oleh BPJS."),
        **_places(
            _("Kelurahan"),
            [(place.name or str(NOT_RECORDED), place) for place in places],
            found.covered.total,
        ),
    )


def _ecosystems(found: Report) -> Section:
    return Section(
        id="ekosistem",
        title=_("Peserta aktif per ekosistem, %(month)s", month=month(found.covered.month)),
        **_places(
            _("Ekosistem"),
            [
                (str(ECOSYSTEMS[place.ecosystem] if place.ecosystem else NOT_RECORDED), place)
                for place in found.covered.ecosystems
            ],
            found.covered.total,
        ),
    )


def _groups(found: Report) -> Section:
    return Section(
        id="kelompok",
        title=_("Peserta aktif per kelompok, %(month)s", month=month(found.covered.month)),
        heads=[
            Head(_("Kelompok")),
            Head(_("Jenis")),
            Head(_("Ekosistem")),
            Head(_("Peserta aktif"), Kind.COUNT),
        ],
        rows=[
            [
                group.name or _("Tanpa kelompok"),
                str(KINDS[group.kind]) if group.kind else "",
                str(ECOSYSTEMS[group.ecosystem] if group.ecosystem else NOT_RECORDED),
                group.covered,
            ]
            for group in found.covered.groups
        ],
        total=[_("Jumlah"), "", "", found.covered.total.covered],
    )


def _months(found: Report) -> Section:
    names = ("billed", "billed_idr", "collected_idr", "confirmed_idr")
    return Section(
        id="iuran",
        title=_("Iuran per bulan"),
        note=_("Tagihan yang ditutup tidak dihitung."),
        heads=[
            Head(_("Bulan")),
            Head(_("Orang"), Kind.COUNT),
            Head(_("Ditagih"), Kind.IDR),
            Head(_("Terkumpul"), Kind.IDR),
            Head(_("Lunas di BPJS"), Kind.IDR),
        ],
        rows=[[month(m.month), *(getattr(m, name) for name in names)] for m in found.months],
        total=[
            _("Jumlah"),
            *(
                sum(getattr(m, name) for m in found.months) if name.endswith("_idr") else None
                for name in names
            ),
        ],
    )


def _cohorts(found: Report) -> Section:
    after = retention.AFTER
    return Section(
        id="retensi",
        title=_("Retensi"),
        note=_(
            "Dari peserta yang bulan pertamanya lunas di BPJS pada bulan itu: berapa yang lunas"
            " 3, 6, dan 12 bulan kemudian."
        ),
        heads=[
            Head(_("Bulan pertama")),
            Head(_("Peserta baru"), Kind.COUNT),
            *(Head(_("Bulan ke-%(n)s", n=months), Kind.PERCENT) for months in after),
        ],
        rows=[
            [month(c.month), c.joined, *(c.percent(months) for months in after)]
            for c in found.cohorts
        ],
        total=[
            _("Jumlah"),
            sum(c.joined for c in found.cohorts),
            *(retention.overall(found.cohorts, months) for months in after),
        ],
    )


def _benefits(found: Report) -> Section:
    rows = found.benefits
    return Section(
        id="manfaat",
        title=_("Manfaat yang dibayar BPJS"),
        note=_("Menurut tanggal bayar; hanya klaim yang dicatat di sini."),
        heads=[
            Head(_("Kejadian")),
            Head(_("Klaim"), Kind.COUNT),
            Head(_("Jumlah dibayar"), Kind.IDR),
        ],
        rows=[[str(CLAIM_KINDS[b.kind]), b.claims, b.amount_idr] for b in rows],
        total=[_("Jumlah"), sum(b.claims for b in rows), sum(b.amount_idr for b in rows)],
    )


def _leaving(found: Report) -> Section:
    rows = found.leaving
    return Section(
        id="pengganti",
        title=_("Keluar dan digantikan"),
        note=_("Peserta yang iurannya tidak dibayar sponsor lagi."),
        heads=[
            Head(_("Alasan")),
            Head(_("Keluar"), Kind.COUNT),
            Head(_("Digantikan"), Kind.COUNT),
        ],
        rows=[[str(REASONS[each.reason]), each.people, each.replaced] for each in rows],
        total=[_("Jumlah"), sum(r.people for r in rows), sum(r.replaced for r in rows)],
    )
