"""How each channel works, and trying one again."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.extension.contract import Custody
from agentsys.payments import circuit
from agentsys.payments.provider_models import ChannelHealth
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.channel_views import terms
from agentsys.web.finance.blueprint import finance
from agentsys.web.responses import said
from agentsys.web.view_models import channel_label


@finance.get("/kanal")
@needs(Permission.CALLBACK_READ)
def channels() -> str:
    """The state of every channel with a provider; those that do not work come first."""
    session = db.session()
    known = {state.channel: state for state in circuit.states(session)}
    waits = circuit.waiting(session)
    installed = {
        name: channel
        for name, channel in runtime().registry.channels.items()
        if channel.custody is Custody.PROVIDER
    }
    return render_template(
        "finance/channels.html",
        channels=[
            {
                "name": name,
                "label": channel_label(name),
                "installed": name in installed,
                "health": state.health.value if state else ChannelHealth.WORKING.value,
                "since": state.since if state else None,
                "retry_at": state.retry_at if state else None,
                "reason": state.reason if state else "",
                "waiting": waits.get(name, 0),
                "terms": terms(installed[name]) if name in installed else [],
            }
            for name in sorted(
                installed.keys() | known.keys(), key=lambda name: (_works(known.get(name)), name)
            )
            for state in [known.get(name)]
        ],
        writable=current_user.can(Permission.CALLBACK_PROCESS),
    )


@finance.post("/kanal/<channel>/coba")
@needs(Permission.CALLBACK_PROCESS)
def try_channel(channel: str) -> Response:
    """Have a channel tried now."""
    here = url_for("finance.channels")
    found = runtime().registry.channels.get(channel)
    if found is None or found.custody is not Custody.PROVIDER:
        raise NotFound()
    try:
        with transaction() as session:
            circuit.try_now(session, channel, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here)
    flash(_("Kanal dicoba lagi; muat ulang halaman sebentar lagi."), "success")
    return redirect(here)


def _works(state: circuit.ChannelReading | None) -> bool:
    return state is None or state.health is ChannelHealth.WORKING
