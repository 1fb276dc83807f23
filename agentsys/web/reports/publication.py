"""The list that is posted in each kelurahan: whose contributions a sponsor pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_security import current_user

from agentsys.db import db
from agentsys.documents import pdf as pdfs
from agentsys.documents.pdf import PDF, Column, Table
from agentsys.errors import NotFound
from agentsys.people.permissions import Permission
from agentsys.reports import budget, publication
from agentsys.reports.asked import Asked
from agentsys.reports.office import usual_last
from agentsys.reports.publication import Published
from agentsys.web import report_files as files
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.reports.asking import choice, ranged
from agentsys.web.reports.blueprint import reports
from agentsys.web.texts import month, person


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Whose list: of an office or of one of its agreements, in one month."""

    asked: Asked
    whose: str
    offices: Any
    problem: str

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of an address of the same list."""
        found: dict[str, Any] = {"sampai": f"{self.asked.last:%Y-%m}"}
        if self.asked.agreement_id is not None:
            return found | {"perjanjian": self.asked.agreement_id}
        return found | ({"kantor": self.asked.office_id} if len(self.offices) > 1 else {})


@reports.get("/publikasi", endpoint="publication")
@needs(Permission.REPORT_PUBLISH)
def page() -> str:
    """The kelurahan of the list, each with its files."""
    found = _wanted()
    if found is None:
        return render_template("reports/publication.html", found=None)
    places = publication.by_kelurahan(db.session(), found.asked)
    return render_template(
        "reports/publication.html",
        found=found,
        places=[
            {"name": name, "people": people, **_urls(found, kelurahan=name or "-")}
            for name, people in places
        ],
        total=sum(people for _name, people in places),
        urls=_urls(found),
    )


@reports.get("/publikasi.pdf", endpoint="publication_pdf")
@needs(Permission.REPORT_PUBLISH)
def pdf() -> Response:
    """The list to be posted, of one kelurahan or of all."""
    found, people, name = _people()
    _record(found, "publikasi.pdf", people, name)
    made = pdfs.document(
        title=_title(found, name),
        lines=[
            found.whose,
            _("NIK disamarkan. Hubungi kantor bila nama Anda ada di sini dan datanya keliru."),
        ],
        tables=[
            Table(
                columns=[
                    Column(_("No"), 1, right=True),
                    Column(_("Nama"), 5),
                    Column("NIK", 3.2),
                    Column(_("Kelurahan"), 3),
                    Column(_("Pekerjaan"), 3),
                ],
                rows=(
                    (str(number), person(one.name), one.nik_masked, one.kelurahan, one.job)
                    for number, one in enumerate(people, 1)
                ),
            )
        ],
        page_of=_("Halaman {page} dari {pages}"),
        language=str(get_locale()),
    )
    return sheets.attachment(_filename(found, "pdf"), made, mimetype=PDF)


@reports.get("/publikasi.xlsx", endpoint="publication_xlsx")
@needs(Permission.REPORT_PUBLISH)
def xlsx() -> Response:
    """The same list as a spreadsheet."""
    found, people, name = _people()
    _record(found, "publikasi.xlsx", people, name)
    return sheets.download(
        _filename(found, "xlsx"),
        f"{_title(found, name)} · {found.whose}",
        [_("No"), _("Nama"), "NIK", _("Kelurahan"), _("Pekerjaan")],
        (
            (number, person(one.name), one.nik_masked, one.kelurahan, one.job)
            for number, one in enumerate(people, 1)
        ),
    )


def _urls(found: Wanted, **more: Any) -> dict[str, str]:
    params = found.params | more
    return {
        "pdf": url_for("reports.publication_pdf", **params),
        "xlsx": url_for("reports.publication_xlsx", **params),
    }


def _wanted() -> Wanted | None:
    session = db.session()
    sent = request.args.get("perjanjian", "")
    if sent:
        if not (sent.isascii() and sent.isdecimal()):
            raise NotFound()
        facts = budget.facts(session, current_user, int(sent))
        usual = max(min(usual_last(session, facts.office_id), facts.last_month), facts.from_month)
        asked, problem = ranged(
            {"dari": request.args.get("sampai", ""), "sampai": request.args.get("sampai", "")},
            first=usual,
            last=usual,
            office_id=facts.office_id,
            agreement_id=facts.id,
        )
        whose = _(
            "%(sponsor)s, perjanjian %(number)s", sponsor=facts.sponsor_name, number=facts.number
        )
        return Wanted(asked=asked, whose=whose, offices=(), problem=problem)
    chosen = choice(session, usual=1)
    if chosen is None:
        return None
    return Wanted(
        asked=Asked(
            office_id=chosen.asked.office_id, first=chosen.asked.last, last=chosen.asked.last
        ),
        whose=chosen.office_name,
        offices=chosen.offices,
        problem=chosen.problem,
    )


def _people() -> tuple[Wanted, list[Published], str]:
    """The list, its people, and the kelurahan that was asked for."""
    found = _wanted()
    if found is None:
        raise NotFound()
    sent = request.args.get("kelurahan")
    kelurahan = None if sent is None else "" if sent == "-" else sent
    people = publication.people(db.session(), found.asked, kelurahan=kelurahan)
    return found, list(people), kelurahan or ""


def _title(found: Wanted, kelurahan: str) -> str:
    title = _("Peserta yang iurannya dibayar sponsor, %(month)s", month=month(found.asked.last))
    return f"{title}, {kelurahan}" if kelurahan else title


def _filename(found: Wanted, suffix: str) -> str:
    return f"publikasi-{found.asked.last:%Y-%m}.{suffix}"


def _record(found: Wanted, name: str, people: list[Published], kelurahan: str) -> None:
    files.record(
        name,
        office_id=found.asked.office_id,
        rows=len(people),
        month=f"{found.asked.last:%Y-%m}",
        kelurahan=kelurahan,
    )
