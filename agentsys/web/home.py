"""The first page, the language switch, and the user's own account and password."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import EqualTo, InputRequired

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound
from agentsys.people import accounts, passwords, queries, sessions, signing_in
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import sign_in_sessions
from agentsys.web.access import ANYBODY, SIGNED_IN, blueprint_for
from agentsys.web.addresses import client_network, own_page
from agentsys.web.admin_forms import role_words
from agentsys.web.forms import Form
from agentsys.web.navigation import first_page
from agentsys.web.security import stay_signed_in
from agentsys.web.texts import LANGUAGES, lazy, sentence


class PasswordForm(Form):
    """The user's new password, and the present one if it is asked for."""

    old = PasswordField(lazy("Kata sandi sekarang"), validators=[InputRequired()])
    new = PasswordField(lazy("Kata sandi baru"), validators=[InputRequired()])
    again = PasswordField(
        lazy("Ulangi kata sandi baru"),
        validators=[EqualTo("new", lazy("Belum sama dengan kata sandi baru."))],
    )


DEMO_LOGINS = "agentsys.demo_logins"  # in app.extensions: how the demo's people sign in

web = blueprint_for("web", __name__, permission=ANYBODY)
account_blueprint = blueprint_for("account", __name__, permission=SIGNED_IN)


@web.app_template_global()
def demo_logins() -> Sequence[Any]:
    """The logins of demo users; empty if the system is not a demo."""
    found = current_app.extensions.get(DEMO_LOGINS)
    return found(db.session()) if found and runtime().settings.demo else ()


@web.get("/")
def home() -> Response:
    """Redirect to the user's first page, to the sign-in page, or to setting up an empty system."""
    if not current_user.is_authenticated:
        is_empty = not queries.anybody(db.session())
        return redirect(url_for("setup.code" if is_empty else "security.login"))
    return redirect(url_for(first_page()))


@web.post("/bahasa")
def language() -> Response:
    """Switch the language and go back to the page."""
    chosen = request.form.get("lang", "")
    if chosen in LANGUAGES:
        session["lang"] = chosen
        if current_user.is_authenticated:
            with transaction() as database:
                accounts.set_language(database, user_id=current_user.id, language=chosen)
    return redirect(own_page(request.form.get("next", "/")))


@account_blueprint.get("/akun", endpoint="account")
def account() -> str:
    """The user's name, roles and office, and his or her sessions."""
    return render_template(
        "account.html",
        user=current_user,
        has_account=current_user.can(Permission.OWN_ACCOUNT_READ),
        roles=role_words(current_user.role_names),
        sessions=sessions.own(
            db.session(),
            user=current_user,
            this_id=sign_in_sessions.this_session(),
            idle_time=sign_in_sessions.idle_time(),
        ),
    )


@account_blueprint.post("/akun/sesi/<int:session_id>/akhiri", endpoint="end_session")
def end_session(session_id: int) -> Response:
    """End one of the user's own sessions, other than the current one."""
    if session_id == sign_in_sessions.this_session():
        raise Invalid("Sesi ini sedang Anda pakai. Tekan Keluar untuk mengakhirinya.")
    with transaction() as database:
        ended = sessions.end_own(database, user=current_user, session_id=session_id)
    if not ended:
        raise NotFound("Sesi itu sudah berakhir.")
    flash(_("Sesi itu sudah diakhiri."), "success")
    return redirect(url_for("account.account"))


@account_blueprint.post("/akun/sesi/akhiri-lainnya", endpoint="end_other_sessions")
def end_other_sessions() -> Response:
    """End all of the user's own sessions except the current one."""
    with transaction() as database:
        sessions.end_others(
            database,
            user=current_user,
            this_id=sign_in_sessions.this_session(),
        )
    flash(_("Semua sesi lain sudah diakhiri."), "success")
    return redirect(url_for("account.account"))


@account_blueprint.route("/akun/sandi", methods=["GET", "POST"], endpoint="password")
def password() -> Response | str | tuple[str, int]:
    """Change the user's own password; other sessions end."""
    user: Any = current_user._get_current_object()
    given = user.must_change_password
    form = PasswordForm()
    if given:
        del form.old
    if request.method == "GET":
        return render_template("password.html", form=form, user=user)
    if form.validate():
        _change_password(user, form)
    if form.errors:
        return render_template("password.html", form=form, user=user), 422
    stay_signed_in(user)
    flash(_("Kata sandi sudah diganti. Sesi di perangkat lain berakhir."), "success")
    return redirect(url_for("web.home" if given else "account.account"))


def _change_password(user: Any, form: PasswordForm) -> None:
    """Change it, or add an error to the field."""
    old = form.old.data if form.old else ""
    try:
        with transaction() as database:
            passwords.change_password(database, user=user, old=old, new=form.new.data)
    except passwords.WrongPassword as refused:
        with transaction() as database:
            signing_in.count_wrong(database, user_id=user.id, address=client_network())
        form.old.errors = [sentence(refused.message)]
    except Invalid as refused:
        form.new.errors = [sentence(refused.message)]
