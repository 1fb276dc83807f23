"""What makes an object unusable as a payment channel."""

from __future__ import annotations

from lucide import IconDoesNotExist
from lucide.jinja import lucide

from agentsys.console_texts import console_text as _
from agentsys.extension.contract import NAME, PaymentChannel

CALLBACK_METHODS = frozenset({"GET", "POST", "PUT"})


def fault_of(channel: object) -> str:
    """Why this object cannot be used as a channel; empty if it can."""
    if not isinstance(channel, PaymentChannel):
        return _("bukan kanal pembayaran")
    # getattr, because a forgotten class attribute does not exist at all.
    name, label = (getattr(channel, word, None) for word in ("name", "label"))
    fault = ""
    if not fits(name):
        fault = _(
            "nama kanal {name} tidak cocok dengan {pattern}", name=repr(name), pattern=NAME.pattern
        )
    elif not isinstance(label, str) or not label.strip():
        fault = _("tidak punya label")
    elif not _is_icon(channel.icon):
        fault = _("memakai ikon {icon}, yang tidak ada di lucide", icon=repr(channel.icon))
    elif channel.clearing and not fits(channel.clearing):
        fault = _(
            "clearing {clearing} tidak cocok dengan {pattern}",
            clearing=repr(channel.clearing),
            pattern=NAME.pattern,
        )
    elif not channel.callback_methods <= CALLBACK_METHODS or not channel.callback_methods:
        fault = _(
            "callback_methods boleh {methods} saja", methods=", ".join(sorted(CALLBACK_METHODS))
        )
    elif not all(fits(field.name) for field in channel.form):
        fault = _("nama isian formulir tidak cocok dengan {pattern}", pattern=NAME.pattern)
    elif channel.provider and not fits(channel.provider):
        fault = _(
            "provider {provider} tidak cocok dengan {pattern}",
            provider=repr(channel.provider),
            pattern=NAME.pattern,
        )
    return fault


def fits(name: object) -> bool:
    """Whether this can be the name of a channel, a rule or a field."""
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def _is_icon(name: str) -> bool:
    try:
        lucide(name)
    except IconDoesNotExist:
        return False
    return True
