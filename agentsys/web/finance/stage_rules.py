"""From which sums on more people approve a commission: the rules, and proposing another one."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from agentsys.commissions.approving import rules
from agentsys.commissions.approving.models import LONGEST_BASIS, StageBy
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.people.substitutes import today
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.forms import Form, RupiahField
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import waits
from agentsys.web.stage_words import STAGE_BY
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy

_CHOICES = [SelectChoice(by.value, text) for by, text in STAGE_BY.items()]


class StageRuleForm(Form):
    """A rule that somebody proposes."""

    valid_from = DateField(lazy("Berlaku mulai"), validators=[InputRequired()])
    second_from_idr = RupiahField(
        lazy("Persetujuan kedua mulai dari"),
        validators=[Optional()],
        description=lazy("Jumlah satu laporan. Kosongkan kalau satu persetujuan cukup."),
    )
    second_by = SelectField(lazy("Persetujuan kedua oleh"), choices=_CHOICES)
    third_from_idr = RupiahField(lazy("Persetujuan ketiga mulai dari"), validators=[Optional()])
    third_by = SelectField(
        lazy("Persetujuan ketiga oleh"), choices=_CHOICES, default=StageBy.LAST.value
    )
    basis = StringField(
        lazy("Dasar"),
        validators=[InputRequired(), Length(max=LONGEST_BASIS)],
        description=lazy("Misalnya surat keputusan kantor."),
    )


@finance.get("/aturan-persetujuan")
@needs(Permission.COMMISSION_TERMS_READ)
def stage_rules() -> str:
    """The rules in the user's reach, and a form for another."""
    return _page(StageRuleForm(formdata=None))


@finance.post("/aturan-persetujuan")
@needs(Permission.COMMISSION_TERMS_PROPOSE)
def propose_stage_rule() -> Response | tuple[str, int]:
    """Propose a rule for the user's office; for all offices if the user has none."""
    form = StageRuleForm()
    if form.validate():
        with blaming(form):
            with transaction() as session:
                rules.propose(
                    session,
                    office_id=current_user.office_id,
                    wanted=rules.Wanted(
                        valid_from=form.valid_from.data,
                        second_from_idr=form.second_from_idr.data,
                        second_by=StageBy(form.second_by.data),
                        third_from_idr=form.third_from_idr.data,
                        third_by=StageBy(form.third_by.data),
                        basis=form.basis.data or "",
                    ),
                    actor_id=current_user.id,
                )
            flash(_("Usul aturan disimpan. Orang kedua memutuskannya."), "success")
            return redirect(url_for("finance.stage_rules"))
    return _page(form), 422


@finance.post("/aturan-persetujuan/<int:stage_rule_id>")
@needs(Permission.COMMISSION_TERMS_APPROVE)
def decide_stage_rule(stage_rule_id: int) -> Response:
    """Approve a rule as a second person, refuse it, or withdraw the own one."""
    action, here = request.form.get("action", ""), url_for("finance.stage_rules")
    if action not in set(rules.StageRuleAction):
        raise NotFound()
    try:
        with transaction() as session:
            found = rules.decide_rule(
                session,
                rule_id=stage_rule_id,
                action=rules.StageRuleAction(action),
                actor_id=current_user.id,
                reason=request.form.get("reason", ""),
            )
            word = state_word("stage_rule", found.state).text
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Aturan persetujuan: %(state)s.", state=word), "success")
    return redirect(here)


def _page(form: StageRuleForm) -> str:
    rows = rules.newest(db.session(), current_user)
    return render_template(
        "finance/stage_rules.html",
        rows=rows,
        not_yet=waits([row.proposed_by for row in rows if row.state == "proposed"]),
        form=form,
        by=STAGE_BY,
        today=today(),
        may_propose=current_user.can(Permission.COMMISSION_TERMS_PROPOSE),
        may_decide=current_user.can(Permission.COMMISSION_TERMS_APPROVE),
    )
