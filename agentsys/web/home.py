"""The first page, the language switch and one's own account."""

from __future__ import annotations

from flask import redirect, render_template, request, session, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import transaction
from agentsys.people.models import RoleName, User
from agentsys.web.access import ANYBODY, EVERY_ROLE, room
from agentsys.web.addresses import own_page
from agentsys.web.texts import LANGUAGES

FIRST_PAGE = {
    RoleName.AGENT: "agent.today",
    RoleName.SUPERVISOR: "supervisor.inbox",
    RoleName.FINANCE: "finance.deposits",
    RoleName.ADMIN: "admin.users",
    RoleName.AUDITOR: "finance.books",
}

web = room("web", __name__, roles=ANYBODY)
account_room = room("account", __name__, roles=EVERY_ROLE)


@web.get("/")
def home() -> Response:
    """The first page of the user's role, or the sign-in page."""
    if not current_user.is_authenticated:
        return redirect(url_for("security.login"))
    return redirect(url_for(FIRST_PAGE[current_user.role]))


@web.post("/bahasa")
def language() -> Response:
    """Switch the language and go back to where the switch was pressed."""
    chosen = request.form.get("lang", "")
    if chosen in LANGUAGES:
        session["lang"] = chosen
        if current_user.is_authenticated:
            with transaction() as database:
                database.merge(User(id=current_user.id, language=chosen))
    return redirect(own_page(request.form.get("next", "/")))


@account_room.get("/akun", endpoint="account")
def account() -> str:
    """One's own name, role and office."""
    return render_template("account.html", user=current_user)
