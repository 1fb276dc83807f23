"""The terms of commissions: who pays, who withholds tax, the least that is paid."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.terms import deciding, queries, reading
from agentsys.terms.models import LONGEST_BASIS, CommissionFunding, TaxPeriod, Withholder
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.forms import Form, MonthField, RupiahField
from agentsys.web.responses import check, said, why
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy

FUNDING = {
    CommissionFunding.BPJS: lazy("Uang BPJS, lewat kantor"),
    CommissionFunding.OWN: lazy("Uang kantor sendiri"),
}
WITHHOLDERS = {
    Withholder.BPJS: lazy("BPJS"),
    Withholder.OFFICE: lazy("Kantor"),
    Withholder.NOBODY: lazy("Tidak ada"),
}
PERIODS = {
    TaxPeriod.MONTH: lazy("Per bulan, tanpa kumulatif"),
    TaxPeriod.YEAR: lazy("Kumulatif dalam tahun kalender"),
}


class TermsForm(Form):
    """Terms that somebody proposes."""

    valid_from = MonthField(
        lazy("Berlaku mulai bulan"),
        validators=[InputRequired(), Length(max=10)],
        description=lazy("Tulis seperti 2027-01."),
    )
    funding = SelectField(
        lazy("Uang komisi"),
        choices=[SelectChoice(key.value, text) for key, text in FUNDING.items()],
    )
    agent_tax_by = SelectField(
        lazy("PPh 21 agen dipotong"),
        choices=[SelectChoice(key.value, text) for key, text in WITHHOLDERS.items()],
        default=Withholder.OFFICE.value,
    )
    office_tax_by = SelectField(
        lazy("PPh 23 kantor dipotong"),
        choices=[
            SelectChoice(key.value, WITHHOLDERS[key])
            for key in (Withholder.BPJS, Withholder.NOBODY)
        ],
    )
    tax_period = SelectField(
        lazy("Tarif pajak dihitung"),
        choices=[SelectChoice(key.value, text) for key, text in PERIODS.items()],
    )
    minimum_idr = RupiahField(
        lazy("Pembayaran paling kecil"),
        validators=[InputRequired()],
        description=lazy("Yang lebih kecil dibawa ke pembayaran berikutnya."),
    )
    basis = StringField(
        lazy("Dasar"),
        validators=[InputRequired(), Length(max=LONGEST_BASIS)],
        description=lazy("Perjanjian, surat, atau saran konsultan pajak."),
    )


@finance.get("/ketentuan-komisi")
@needs(Permission.COMMISSION_TERMS_READ)
def terms() -> str:
    """The terms in force, those of the package with their certainty, and the proposed ones."""
    return _page(TermsForm(formdata=None))


@finance.post("/ketentuan-komisi")
@needs(Permission.COMMISSION_TERMS_PROPOSE)
def propose_terms() -> Response | tuple[str, int]:
    """Propose terms for the user's office; for all offices if the user has none."""
    form = TermsForm()
    try:
        check(form)
        assert form.valid_from.month is not None
        with transaction() as session:
            deciding.propose(
                session,
                office_id=current_user.office_id,
                wanted=deciding.Wanted(
                    valid_from=form.valid_from.month,
                    funding=CommissionFunding(form.funding.data),
                    agent_tax_by=Withholder(form.agent_tax_by.data),
                    office_tax_by=Withholder(form.office_tax_by.data),
                    tax_period=TaxPeriod(form.tax_period.data),
                    minimum_idr=form.minimum_idr.data or 0,
                    basis=form.basis.data or "",
                ),
                actor_id=current_user.id,
            )
    except NotFound:
        raise
    except Refused as refused:
        return _page(form, error=why(refused)), 422
    flash(_("Usul ketentuan disimpan. Orang kedua memutuskannya."), "success")
    return redirect(url_for("finance.terms"))


@finance.post("/ketentuan-komisi/<int:terms_id>")
@needs(Permission.COMMISSION_TERMS_APPROVE)
def decide_terms(terms_id: int) -> Response:
    """Approve terms as a second person, refuse them, or withdraw the own ones."""
    action, here = request.form.get("action", ""), url_for("finance.terms")
    if action not in set(deciding.TermsAction):
        raise NotFound()
    try:
        with transaction() as session:
            found = deciding.decide_terms(
                session,
                terms_id=terms_id,
                action=deciding.TermsAction(action),
                actor_id=current_user.id,
                reason=request.form.get("reason", ""),
            )
            word = state_word("commission_terms", found.state).text
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Ketentuan komisi: %(state)s.", state=word), "success")
    return redirect(here)


def _page(form: TermsForm, *, error: str = "") -> str:
    session = db.session()
    month = clock.this_month()
    rows = queries.newest(session, current_user)
    office_id = current_user.office_id
    return render_template(
        "finance/terms.html",
        month=month,
        now=reading.terms_in(session, office_id=office_id or 0, month=month),
        packaged=reading.packaged_in(month),
        rows=rows,
        not_yet=waits([row.proposed_by for row in rows if row.state == "proposed"]),
        form=form,
        error=error,
        funding=FUNDING,
        withholders=WITHHOLDERS,
        periods=PERIODS,
        may_propose=current_user.can(Permission.COMMISSION_TERMS_PROPOSE),
        may_decide=current_user.can(Permission.COMMISSION_TERMS_APPROVE),
    )
