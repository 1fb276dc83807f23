"""A sponsor's bill as a spreadsheet and as a PDF; a NIK in them is always masked."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.documents import pdf
from agentsys.people.permissions import Permission
from agentsys.sponsors import bill_queries
from agentsys.sponsors.bill_queries import BillRow
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.sponsors import virtual_account_views
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.texts import day, day_and_time, month, num, rp, translated


@sponsors.get("/tagihan/<int:bill_id>/tagihan.xlsx")
@needs(Permission.SPONSOR_READ)
def bill_sheet(bill_id: int) -> Response:
    """The bill's lines in the order of payment; the download is recorded."""
    found = bill_queries.bill_in_scope(db.session(), current_user, bill_id)
    answer = sheets.download(
        f"{found.number}.xlsx",
        " · ".join([_title(found), *_lines(found)]),
        [
            _("No"),
            "NIK",
            _("Nama"),
            _("Kelurahan"),
            _("Dalam daftar sejak"),
            _("Program"),
            _("Iuran"),
        ],
        _rows(found),
    )
    _record(found, "xlsx")
    return answer


@sponsors.get("/tagihan/<int:bill_id>/tagihan.pdf")
@needs(Permission.SPONSOR_READ)
def bill_paper(bill_id: int) -> Response:
    """The bill as a PDF: whom it is for, the sum, and its lines; the download is recorded."""
    found = bill_queries.bill_in_scope(db.session(), current_user, bill_id)
    content = pdf.document(
        title=_title(found),
        lines=_lines(found),
        tables=[
            pdf.Table(
                columns=[
                    pdf.Column(_("No"), 6, right=True),
                    pdf.Column("NIK", 18),
                    pdf.Column(_("Nama"), 32),
                    pdf.Column(_("Kelurahan"), 22),
                    pdf.Column(_("Iuran"), 14, right=True),
                ],
                rows=(
                    (num(number), line.nik_masked, line.name, line.kelurahan, rp(line.amount_idr))
                    for number, line in enumerate(bill_queries.all_lines(db.session(), found), 1)
                ),
                total=("", "", _("Jumlah"), "", rp(found.amount_idr)),
            )
        ],
        closing=[
            _("Bila transfer kurang, pekerja dibayar menurut urutan tagihan ini."),
            _("Sisanya disimpan untuk tagihan berikutnya."),
        ],
        page_of=_("Halaman {page} dari {pages}"),
        language=str(get_locale() or "id"),
    )
    _record(found, "pdf")
    return sheets.attachment(f"{found.number}.pdf", content, pdf.PDF)


def _title(found: BillRow) -> str:
    return _("Tagihan iuran %(number)s, %(month)s", number=found.number, month=month(found.month))


def _lines(found: BillRow) -> list[str]:
    lines = [
        _("Kepada: %(sponsor)s", sponsor=found.sponsor_name),
        _("Perjanjian: %(number)s", number=found.agreement_number),
        _("Dari: %(office)s", office=found.office_name),
        _("%(n)s pekerja, %(sum)s", n=num(found.people), sum=rp(found.amount_idr)),
    ]
    if found.treasurer:
        lines.insert(1, _("Bendahara: %(name)s", name=found.treasurer))
    if found.due_on:
        lines.append(_("Jatuh tempo: %(day)s", day=day(found.due_on)))
    else:
        lines.append(_("Rancangan: tagihan ini belum dikirim."))
    account = virtual_account_views.to_pay_to(db.session(), found)
    if account is not None:
        numbers = ", ".join(
            f"{translated(code['label'])} {code['value']}" for code in account["codes"]
        )
        lines.append(
            _(
                "%(bank)s: %(numbers)s, jumlah tepat %(sum)s, bayar sebelum %(until)s",
                bank=account["channel_label"],
                numbers=numbers,
                sum=rp(account["amount_idr"] + account["fee_idr"]),
                until=day_and_time(account["expires_at"]) if account["expires_at"] else "",
            )
        )
    return lines


def _rows(found: BillRow) -> Iterator[tuple[str | int, ...]]:
    for number, line in enumerate(bill_queries.all_lines(db.session(), found), 1):
        yield (
            number,
            line.nik_masked,
            line.name,
            line.kelurahan,
            f"{line.since:%Y-%m}",
            line.programmes.value,
            line.amount_idr,
        )


def _record(found: BillRow, kind: str) -> None:
    with transaction() as session:
        trail.record(
            session,
            actor_id=current_user.id,
            action="bill.exported",
            subject=f"bill:{found.id}",
            details={"people": found.people, "file": kind},
        )
