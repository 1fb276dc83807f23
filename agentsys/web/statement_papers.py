"""Commission statements on paper: as a PDF and as a workbook, equal to the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.commissions import statement_lines, statement_papers, statements
from agentsys.commissions.statement_papers import MonthRow
from agentsys.commissions.statements import StatementRow
from agentsys.db import db
from agentsys.documents import pdf
from agentsys.documents.pdf import PDF, Column, Table
from agentsys.extension.contract import Beneficiary
from agentsys.web import sheets
from agentsys.web.state_words import state_word
from agentsys.web.texts import day_and_time, num, rp, sentence
from agentsys.web.texts import month as month_words


def statement_pdf(found: StatementRow, *, beneficiary: Beneficiary | None = None) -> Response:
    """The statement, or one beneficiary's part of it: each line with its reason, and the sums."""
    content = pdf.document(
        title=_title(found),
        lines=[*_about(found, beneficiary), *_decisions(found)],
        tables=[
            Table(
                columns=[Column(_("Aturan"), 60), Column(_("Baris"), 12, right=True),
                         Column(_("Komisi"), 20, right=True)],
                rows=[
                    (each.version, num(each.lines), rp(each.amount_idr))
                    for each in _sums(found, beneficiary)
                ],
                heading=_("Jumlah menurut aturan"),
                total=(_("Jumlah"), "", rp(_total(found, beneficiary))),
            ),
            Table(
                columns=[Column(_("Pekerja"), 24), Column(_("Bulan iuran"), 11),
                         Column(_("Alasan"), 60), Column(_("Komisi"), 15, right=True)],
                rows=_lines(found, beneficiary),
                heading=_("Setiap rupiah dan alasannya"),
                total=(_("Jumlah"), "", "", rp(_total(found, beneficiary))),
            ),
        ],
        closing=[
            _("Sidik baris: %(hash)s. Laporan dengan baris lain punya sidik lain.",
              hash=found.lines_hash.hex()[:12])
        ],
        page_of=_("Halaman {page} dari {pages}"),
        language=str(get_locale() or "id"),
    )  # fmt: skip
    return sheets.attachment(f"{_filename(found)}.pdf", content, PDF)


def statement_sheet(found: StatementRow, *, beneficiary: Beneficiary | None = None) -> Response:
    """The same lines as a workbook, with amounts as numbers."""
    return sheets.download(
        f"{_filename(found)}.xlsx",
        " · ".join([_title(found), *_about(found, beneficiary)]),
        [_("Pekerja"), _("Bulan iuran"), _("Aturan"), _("Alasan"), _("Komisi")],
        [
            *(
                (
                    line.worker_name,
                    f"{line.month:%Y-%m}" if line.month else "",
                    line.version,
                    sentence(line.reason),
                    line.amount_idr,
                )
                for line in statement_papers.all_lines(
                    db.session(), statement_id=found.id, beneficiary=beneficiary
                )
            ),
            ("", "", "", _("Jumlah"), _total(found, beneficiary)),
        ],
    )


def month_pdf(month: date) -> Response:
    """The statements of a month in the user's scope, beside the month before."""
    rows = statement_papers.month_of(db.session(), current_user, month=month)
    agent_idr, office_idr, before_idr = _month_totals(rows)
    content = pdf.document(
        title=_("Komisi %(m)s", m=month_words(month)),
        lines=[_("%(n)s agen, dibandingkan dengan bulan sebelumnya.", n=num(len(rows)))],
        tables=[
            Table(
                columns=[
                    Column(_("Agen"), 30),
                    Column(_("Status"), 16),
                    Column(_("Iuran"), 9, right=True),
                    Column(_("Komisi agen"), 16, right=True),
                    Column(_("Bagian kantor"), 16, right=True),
                    Column(_("Bulan sebelumnya"), 16, right=True),
                    Column(_("Selisih"), 16, right=True),
                ],
                rows=(
                    (
                        f"{row.agent_name} ({row.agent_code})",
                        _state(row),
                        num(row.contributions),
                        rp(row.agent_idr) if row.agent_idr is not None else "",
                        rp(row.office_idr) if row.office_idr is not None else "",
                        rp(row.before_idr) if row.before_idr is not None else "",
                        rp(row.difference_idr),
                    )
                    for row in rows
                ),
                total=(
                    _("Jumlah"), "", "", rp(agent_idr), rp(office_idr), rp(before_idr),
                    rp(agent_idr - before_idr),
                ),
            )
        ],
        page_of=_("Halaman {page} dari {pages}"),
        wide=True,
        language=str(get_locale() or "id"),
    )  # fmt: skip
    return sheets.attachment(f"komisi-{month:%Y-%m}.pdf", content, PDF)


def month_sheet(month: date) -> Response:
    """The same as a workbook."""
    rows = statement_papers.month_of(db.session(), current_user, month=month)
    agent_idr, office_idr, before_idr = _month_totals(rows)
    return sheets.download(
        f"komisi-{month:%Y-%m}.xlsx",
        _("Komisi %(m)s", m=month_words(month)),
        [
            _("Kode agen"), _("Agen"), _("Status"), _("Iuran"), _("Komisi agen"),
            _("Bagian kantor"), _("Bulan sebelumnya"), _("Iuran bulan sebelumnya"), _("Selisih"),
        ],
        [
            *(
                (
                    row.agent_code, row.agent_name, _state(row), row.contributions,
                    row.agent_idr or 0, row.office_idr or 0, row.before_idr or 0,
                    row.before_contributions, row.difference_idr,
                )
                for row in rows
            ),
            (
                "", _("Jumlah"), "", "", agent_idr, office_idr, before_idr, "",
                agent_idr - before_idr,
            ),
        ],
    )  # fmt: skip


def _month_totals(rows: Sequence[MonthRow]) -> tuple[int, int, int]:
    return (
        sum(row.agent_idr or 0 for row in rows),
        sum(row.office_idr or 0 for row in rows),
        sum(row.before_idr or 0 for row in rows),
    )


def _state(row: MonthRow) -> str:
    if row.state is None:
        return _("tidak ada bulan ini")
    if row.before_idr is None:
        return f"{state_word('statement', row.state).text}, {_('baru')}"
    return str(state_word("statement", row.state).text)


def _title(found: StatementRow) -> str:
    return _("Laporan komisi %(name)s, %(m)s", name=found.agent_name, m=month_words(found.month))


def _about(found: StatementRow, beneficiary: Beneficiary | None) -> list[str]:
    lines = [
        _("Status: %(state)s.", state=state_word("statement", found.state).text),
        _(
            "Dasar: %(n)s iuran yang dikonfirmasi BPJS, %(sum)s.",
            n=num(found.contributions),
            sum=rp(found.base_idr),
        ),
        _("Komisi agen: %(sum)s.", sum=rp(found.agent_idr)),
    ]
    if beneficiary is None:
        lines.append(_("Bagian kantor: %(sum)s.", sum=rp(found.office_idr)))
    if found.is_estimate:
        lines.append(_("Perkiraan: BPJS belum membayar komisi ini kepada kantor."))
    elif found.received_idr is not None:
        lines.append(_("BPJS membayar %(sum)s untuk komisi ini.", sum=rp(found.received_idr)))
    return lines


def _decisions(found: StatementRow) -> list[str]:
    words = {
        "commission.approved": _("Disetujui"),
        "commission.stage_approved": _("Disetujui sebagian, menunggu persetujuan lain"),
        "commission.returned": _("Dikembalikan"),
    }
    decided = [
        f"{words.get(made.action, made.action)}: {made.who}, {day_and_time(made.at)}"
        for made in statements.decisions_on(db.session(), statement_id=found.id)
    ]
    return [f"{_('Dihitung')}: {day_and_time(found.computed_at)}", *reversed(decided)]


def _sums(found: StatementRow, beneficiary: Beneficiary | None) -> list[statement_lines.RuleSum]:
    return list(
        statement_lines.sums_by_rule(db.session(), statement_id=found.id, beneficiary=beneficiary)
    )


def _lines(found: StatementRow, beneficiary: Beneficiary | None) -> Iterator[tuple[str, ...]]:
    for line in statement_papers.all_lines(
        db.session(), statement_id=found.id, beneficiary=beneficiary
    ):
        yield (
            line.worker_name or _("seluruh bulan"),
            f"{line.month:%Y-%m}" if line.month else "",
            sentence(line.reason),
            rp(line.amount_idr),
        )


def _total(found: StatementRow, beneficiary: Beneficiary | None) -> int:
    return found.agent_idr if beneficiary is Beneficiary.AGENT else found.total_idr


def _filename(found: StatementRow) -> str:
    return f"komisi-{found.month:%Y-%m}-{found.id}"
