"""The report of a closed month as tables: the same for the page, the spreadsheet and the PDF."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agentsys.closing import queries, three_way
from agentsys.closing.checklist import CHECKS
from agentsys.closing.queries import ClosingRow
from agentsys.months import parse_month
from agentsys.web.finance.books import account_label
from agentsys.web.finance.closing_words import MATCHED
from agentsys.web.finance.three_way_tables import of_match
from agentsys.web.report_tables import Head, Kind, Section
from agentsys.web.texts import month


def of_closing(session: Session, closing: ClosingRow) -> list[Section]:
    """All tables of the report; from what was sealed, so that they never change."""
    return [
        _balances(session, closing),
        _cash(session, closing),
        _months(closing),
        *_match(closing),
        _taken_back(closing),
        _late(closing),
        _open_items(closing),
    ]


def _balances(session: Session, closing: ClosingRow) -> Section:
    rows = queries.trial_balance(session, closing.id)
    return Section(
        id="neraca",
        title=_("Neraca saldo"),
        note=_("Saldo pada akhir bulan."),
        heads=[
            Head(_("Akun")),
            Head(_("Nama")),
            Head(_("Debit"), Kind.IDR),
            Head(_("Kredit"), Kind.IDR),
        ],
        rows=[
            [
                row.account,
                account_label(row.account),
                max(row.balance_idr, 0),
                max(-row.balance_idr, 0),
            ]
            for row in rows
        ],
        total=[
            _("Jumlah"),
            "",
            sum(max(row.balance_idr, 0) for row in rows),
            sum(max(-row.balance_idr, 0) for row in rows),
        ],
    )


def _cash(session: Session, closing: ClosingRow) -> Section:
    rows = queries.cash_of_agents(session, closing.id)
    return Section(
        id="titipan",
        title=_("Titipan di tangan agen"),
        note=_("Kekurangan: yang belum dilunasi agen dari setorannya; kelebihan bertanda minus."),
        heads=[
            Head(_("Agen")),
            Head(_("Akun")),
            Head(_("Titipan"), Kind.IDR),
            Head(_("Kekurangan"), Kind.IDR),
        ],
        rows=[[row.agent_name, row.account, row.held_idr, row.short_idr] for row in rows],
        total=[
            _("Jumlah"),
            "",
            sum(row.held_idr for row in rows),
            sum(row.short_idr for row in rows),
        ],
    )


def _months(closing: ClosingRow) -> Section:
    rows = closing.report.get("months", [])
    names = ("collected_idr", "confirmed_idr", "waiting_idr")
    return Section(
        id="iuran",
        title=_("Utang ke BPJS per bulan iuran"),
        note=_("Belum LUNAS: terkumpul, dan belum dinyatakan LUNAS oleh BPJS pada akhir bulan."),
        heads=[
            Head(_("Bulan iuran")),
            Head(_("Terkumpul bulan ini"), Kind.IDR),
            Head(_("LUNAS bulan ini"), Kind.IDR),
            Head(_("Belum LUNAS"), Kind.IDR),
        ],
        rows=[[month(parse_month(row["month"])), *(row[name] for name in names)] for row in rows],
        total=[_("Jumlah"), *(sum(row[name] for row in rows) for name in names)],
    )


def _match(closing: ClosingRow) -> list[Section]:
    if "three_way" in closing.report:
        return of_match(three_way.read(closing.report["three_way"]))
    return [_sums(closing)]


def _sums(closing: ClosingRow) -> Section:
    """Of a month that was sealed before there was a three-way match."""
    rows = closing.report.get("match", [])
    return Section(
        id="cocok",
        title=_("Gateway, jurnal, dan BPJS"),
        note=_("Selisih: dicatat di bulan lain dari kejadiannya, atau dibatalkan sesudahnya."),
        heads=[
            Head(_("Yang dicocokkan")),
            Head(_("Menurut catatan"), Kind.IDR),
            Head(_("Menurut jurnal"), Kind.IDR),
            Head(_("Selisih"), Kind.IDR),
        ],
        rows=[
            [
                str(MATCHED[row["key"]]),
                row["records_idr"],
                row["journal_idr"],
                row["records_idr"] - row["journal_idr"],
            ]
            for row in rows
        ],
    )


def _taken_back(closing: ClosingRow) -> Section:
    rows = closing.report.get("taken_back", [])
    return Section(
        id="ditarik",
        title=_("Dibatalkan sesudah akhir bulan, sebelum ditutup"),
        heads=[Head(_("Ayat")), Head(_("Sumber")), Head(_("Jumlah"), Kind.IDR)],
        rows=[[row["kind"], row["source"], row["amount_idr"]] for row in rows],
        total=[_("Jumlah"), "", sum(row["amount_idr"] for row in rows)] if rows else (),
    )


def _late(closing: ClosingRow) -> Section:
    rows = closing.report.get("late", [])
    return Section(
        id="susulan",
        title=_("Kabar susulan tentang bulan yang sudah ditutup"),
        note=_(
            "%(n)s ayat jurnal bulan ini tentang bulan yang sudah ditutup.",
            n=closing.report.get("late_count", 0),
        ),
        heads=[
            Head(_("Ayat")),
            Head(_("Sumber")),
            Head(_("Tentang bulan")),
            Head(_("Jumlah"), Kind.IDR),
        ],
        rows=[
            [row["kind"], row["source"], month(parse_month(row["month"])), row["amount_idr"]]
            for row in rows
        ],
        total=[_("Jumlah"), "", "", sum(row["amount_idr"] for row in rows)] if rows else (),
    )


def _open_items(closing: ClosingRow) -> Section:
    titles = {check.key: check.title for check in CHECKS}
    return Section(
        id="terbuka",
        title=_("Belum selesai saat ditutup"),
        note=_("Alasan tetap ditutup: %(note)s", note=closing.note) if closing.note else "",
        heads=[
            Head(_("Daftar periksa")),
            Head(_("Banyaknya"), Kind.COUNT),
            Head(_("Jumlah"), Kind.IDR),
        ],
        rows=[
            [_(titles.get(item["key"], item["key"])), item["count"], item["amount_idr"]]
            for item in closing.open_items
        ],
    )
