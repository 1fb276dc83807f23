"""Corrections of commission: sums for the next statement, and commission that is taken back."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.commissions.carried import deciding, queries
from agentsys.commissions.carried.models import LONGEST_REASON
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.forms import Form, MonthField, RupiahField
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy

_CODE = lazy("Kode agen")
_WHY = lazy("Alasan")
_READ_BY_AGENT = lazy("Agen membacanya di laporan komisi.")


class AdjustmentForm(Form):
    """A sum for the next statement."""

    code = StringField(_CODE, validators=[InputRequired(), Length(max=40)])
    direction = SelectField(
        lazy("Arah"),
        choices=[SelectChoice("add", lazy("Tambah")), SelectChoice("take", lazy("Kurangi"))],
    )
    agent_idr = RupiahField(lazy("Jumlah untuk agen"))
    office_idr = RupiahField(lazy("Jumlah untuk kantor"))
    why = StringField(
        _WHY,
        validators=[InputRequired(), Length(max=LONGEST_REASON)],
        description=_READ_BY_AGENT,
    )


class ReversalForm(Form):
    """The commission of one contribution that is taken back."""

    code = StringField(_CODE, validators=[InputRequired(), Length(max=40)])
    from_month = MonthField(
        lazy("Laporan komisi bulan"),
        validators=[InputRequired(), Length(max=10)],
        description=lazy("Laporan yang disetujui, tulis seperti 2026-11."),
    )
    worker = StringField(
        lazy("Nama atau KPJ pekerja"), validators=[InputRequired(), Length(max=120)]
    )
    month = MonthField(lazy("Iuran bulan"), validators=[InputRequired(), Length(max=10)])
    why = StringField(
        _WHY,
        validators=[InputRequired(), Length(max=LONGEST_REASON)],
        description=_READ_BY_AGENT,
    )


@finance.get("/koreksi-komisi")
@needs(Permission.COMMISSION_PAY_READ)
def carried() -> str:
    """What is carried into statements, and the forms for more."""
    return _page()


@finance.post("/koreksi-komisi")
@needs(Permission.COMMISSION_PAY_PREPARE)
def adjust_commission() -> Response | tuple[str, int]:
    """Propose a sum for an agent's next statement."""
    form = AdjustmentForm(prefix="a-")
    with blaming(form):
        if form.validate():
            sign = -1 if form.direction.data == "take" else 1
            with transaction() as session:
                deciding.propose_adjustment(
                    session,
                    agent_id=queries.agent_named(session, current_user, form.code.data or ""),
                    agent_idr=sign * (form.agent_idr.data or 0),
                    office_idr=sign * (form.office_idr.data or 0),
                    why=form.why.data or "",
                    actor=current_user,
                )
            flash(_("Usul koreksi disimpan. Orang kedua memutuskannya."), "success")
            return redirect(url_for("finance.carried"))
    return _page(adjustment=form), 422


@finance.post("/koreksi-komisi/tarik")
@needs(Permission.COMMISSION_PAY_PREPARE)
def take_back_commission() -> Response | tuple[str, int]:
    """Propose to take back what an approved statement granted for one contribution."""
    form = ReversalForm(prefix="r-")
    with blaming(form):
        if form.validate():
            assert form.from_month.month is not None
            assert form.month.month is not None
            with transaction() as session:
                agent_id = queries.agent_named(session, current_user, form.code.data or "")
                statement_id = queries.statement_of(
                    session, agent_id=agent_id, month=form.from_month.month
                )
                worker_id = queries.worker_in(
                    session, statement_id=statement_id, said=form.worker.data or ""
                )
                deciding.propose_reversal(
                    session,
                    statement_id=statement_id,
                    worker_id=worker_id,
                    month=form.month.month,
                    why=form.why.data or "",
                    actor=current_user,
                )
            flash(_("Usul koreksi disimpan. Orang kedua memutuskannya."), "success")
            return redirect(url_for("finance.carried"))
    return _page(reversal=form), 422


@finance.post("/koreksi-komisi/<int:carried_id>")
@needs(Permission.COMMISSION_PAY_APPROVE)
def decide_carried(carried_id: int) -> Response:
    """Approve a correction as a second person, refuse it, or withdraw the own one."""
    action, here = request.form.get("action", ""), url_for("finance.carried")
    if action not in set(deciding.CarriedAction):
        raise NotFound()
    try:
        with transaction() as session:
            found = deciding.decide_carried(
                session,
                carried_id=carried_id,
                action=deciding.CarriedAction(action),
                actor=current_user,
                reason=request.form.get("reason", ""),
            )
            word = state_word("commission_carried", found.state).text
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Koreksi komisi: %(state)s.", state=word), "success")
    return redirect(here)


def _page(*, adjustment: AdjustmentForm | None = None, reversal: ReversalForm | None = None) -> str:
    rows = queries.newest(db.session(), current_user)
    return render_template(
        "finance/carried.html",
        rows=rows,
        adjustment=adjustment or AdjustmentForm(formdata=None, prefix="a-"),
        reversal=reversal or ReversalForm(formdata=None, prefix="r-"),
        not_yet=waits([row.proposed_by for row in rows if row.state == "proposed"]),
        may_propose=current_user.can(Permission.COMMISSION_PAY_PREPARE),
        may_decide=current_user.can(Permission.COMMISSION_PAY_APPROVE),
    )
