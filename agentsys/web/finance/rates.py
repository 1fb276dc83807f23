"""Commission rules: which apply, with which rates; proposing, trying and approving others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import agent_jobs, clock, jobs
from agentsys.commissions.rates import deciding, queries, reading
from agentsys.commissions.rates.models import RatesCertainty, RatesState
from agentsys.commissions.rates.queries import RatesRow
from agentsys.db import db, transaction
from agentsys.errors import Conflict, NotFound, Refused
from agentsys.extension.commission_rules import CommissionRule, RulesExclude
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.rule_forms import (
    CERTAINTIES,
    ProposalForm,
    described,
    form_of,
    settings_of,
)
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy, sentence

TRIAL = ListPage(
    endpoint="finance.commission_rates",
    title=lazy("Hitungan coba"),
    search=lazy("Nama atau kode agen"),
    sorts={"difference": lazy("Selisih"), "name": lazy("Nama"), "month": lazy("Bulan")},
    tabs={
        "changed": lazy("Berubah"),
        "rate": lazy("Tarif lain"),
        "new": lazy("Baris baru"),
        "gone": lazy("Baris hilang"),
        "problem": lazy("Gagal dihitung"),
        "all": lazy("Semua"),
    },
    personal=False,
    dates=False,
    sums=True,
    filename="hitungan-coba",
    columns=(
        (lazy("Bulan"), lambda row: f"{row.month:%Y-%m}"),
        (lazy("Kode agen"), lambda row: row.agent_code),
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("Baris sama"), lambda row: row.match_lines),
        (lazy("Tarif lain"), lambda row: row.rate_lines),
        (lazy("Baris baru"), lambda row: row.new_lines),
        (lazy("Baris hilang"), lambda row: row.gone_lines),
        (lazy("Sekarang"), lambda row: row.before_idr),
        (lazy("Menurut usul"), lambda row: row.after_idr),
        (lazy("Selisih"), lambda row: row.after_idr - row.before_idr),
        (lazy("Masalah"), lambda row: row.problem),
    ),
)


@finance.get("/aturan-komisi")
@needs(Permission.COMMISSION_TERMS_READ)
def rates() -> str:
    """The rules in force this month, all rules that can be proposed, and the newest proposals."""
    session, month = db.session(), clock.this_month()
    decided = reading.decided(session, office_id=current_user.office_id, month=month)
    try:
        found, error = runtime().registry.rates_in_force(month, decided), ""
    except RulesExclude as refused:
        found, error = {}, sentence(refused.message)
    rules = runtime().registry.rules
    return render_template(
        "finance/rates.html",
        month=month,
        error=error,
        rules=[
            (rule, found.get(rule.name), described(rule, dict(found[rule.name].values)))
            if rule.name in found
            else (rule, None, [])
            for rule in sorted(rules.values(), key=lambda rule: rule.name not in found)
        ],
        decided=decided,
        rows=queries.newest(session, current_user),
        labels={rule.name: rule.label for rule in rules.values()},
        may_propose=current_user.can(Permission.COMMISSION_TERMS_PROPOSE),
    )


@finance.get("/aturan-komisi/usul/<rule_name>")
@needs(Permission.COMMISSION_TERMS_PROPOSE)
def new_rates(rule_name: str) -> str:
    """The form for other rates of one rule, filled with those in force."""
    rule = _rule(rule_name)
    return _form_page(rule, form_of(rule, _present(rule)))


@finance.post("/aturan-komisi/usul/<rule_name>")
@needs(Permission.COMMISSION_TERMS_PROPOSE)
def propose_rates(rule_name: str) -> Response | tuple[str, int]:
    """Propose rates for the user's office; for all offices if the user has none."""
    rule = _rule(rule_name)
    form = form_of(rule, {})
    with blaming(form):
        if form.validate():
            assert form.valid_from.month is not None
            with transaction() as session:
                found = deciding.propose(
                    session,
                    rule=rule,
                    office_id=current_user.office_id,
                    wanted=deciding.Wanted(
                        valid_from=form.valid_from.month,
                        is_on=not form.ends.data,
                        basis=form.basis.data or "",
                        values={field.short_name: field.data for field in settings_of(rule, form)},
                        version=form.version.data or "",
                        decree=form.decree.data or "",
                        certainty=RatesCertainty(form.certainty.data),
                    ),
                    actor_id=current_user.id,
                )
                _try(found.id)
                rates_id = found.id
            flash(_("Usul tarif disimpan. Hitungan cobanya dimulai."), "success")
            return redirect(url_for("finance.commission_rates", rates_id=rates_id))
    return _form_page(rule, form), 422


@finance.get("/aturan-komisi/<int:rates_id>")
@needs(Permission.COMMISSION_TERMS_READ)
def commission_rates(rates_id: int) -> Response | str:
    """Proposed or decided rates, and what they would have changed in past months."""
    found = queries.one(db.session(), current_user, rates_id)
    view = ListView(TRIAL, rates_id=rates_id)

    def fetch(asked: ListRequest) -> Page[Any]:
        return queries.trial(db.session(), current_user, rates_id, asked)

    return view.answer(fetch, lambda shown: _one_page(found, shown))


@finance.post("/aturan-komisi/<int:rates_id>")
@needs(Permission.COMMISSION_TERMS_APPROVE)
def decide_rates(rates_id: int) -> Response:
    """Approve rates as a second person, refuse them, or withdraw the own ones."""
    action = request.form.get("action", "")
    here = url_for("finance.commission_rates", rates_id=rates_id)
    if action not in set(deciding.RatesAction):
        raise NotFound()
    try:
        with transaction() as session:
            found = deciding.decide_rates(
                session,
                rates_id=rates_id,
                action=deciding.RatesAction(action),
                actor_id=current_user.id,
                rules=list(runtime().registry.rules.values()),
                reason=request.form.get("reason", ""),
            )
            word = state_word("commission_rates", found.state).text
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Tarif komisi: %(state)s.", state=word), "success")
    return redirect(here)


@finance.post("/aturan-komisi/<int:rates_id>/coba")
@needs(Permission.COMMISSION_TERMS_APPROVE)
def try_rates(rates_id: int) -> Response:
    """Compute the trial again, with what BPJS confirmed and what was decided since."""
    here = url_for("finance.commission_rates", rates_id=rates_id)
    found = queries.one(db.session(), current_user, rates_id)
    if found.state is not RatesState.PROPOSED:
        return said(Conflict(), here)
    with transaction():
        _try(rates_id)
    flash(_("Hitungan coba dimulai. Muat ulang halaman ini sebentar lagi."), "success")
    return redirect(here)


def _try(rates_id: int) -> None:
    jobs.defer(db.session(), agent_jobs.try_rates, once=f"try_rates:{rates_id}", rates_id=rates_id)


def _rule(name: str) -> CommissionRule:
    rule = runtime().registry.rules.get(name)
    if rule is None:
        raise NotFound()
    return rule


def _present(rule: CommissionRule) -> dict[str, Any]:
    month = clock.this_month()
    decided = reading.decided(db.session(), office_id=current_user.office_id, month=month)
    found = decided.get(rule.name) or rule.packaged_in(month)
    return dict(found.values) if found else {}


def _form_page(rule: CommissionRule, form: ProposalForm) -> str:
    return render_template(
        "finance/rates_form.html",
        rule=rule,
        form=form,
        settings=settings_of(rule, form),
        for_all=current_user.office_id is None,
    )


def _one_page(found: RatesRow, view: ListView) -> str:
    rules = runtime().registry.rules
    rule = rules.get(found.rule)
    waiting: Sequence[int] = [found.proposed_by] if found.state is RatesState.PROPOSED else []
    return render_template(
        "finance/rates_one.html",
        found=found,
        label=rule.label if rule else found.rule,
        values=described(rule, dict(found.values)) if rule else [],
        certainty=CERTAINTIES[found.certainty],
        listing=view,
        tabs=view.tabs(),
        not_yet=waits(waiting),
        may_decide=current_user.can(Permission.COMMISSION_TERMS_APPROVE),
    )
