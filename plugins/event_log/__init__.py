"""Every event as a line of JSON in a file, for accounting, reports and log shippers."""

from __future__ import annotations

import dataclasses
import fcntl
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agentsys.extension.contract import (
    ChannelNotConfigured,
    Event,
    Message,
    PaymentChannel,
    hookimpl,
)

SETTING = "AGENTSYS_EVENT_LOG_FILE"


@hookimpl
def register_payment_channels(settings: Mapping[str, Any]) -> Sequence[PaymentChannel]:
    """No channel; without the setting the plugin stays idle."""
    if not settings.get(SETTING):
        raise ChannelNotConfigured(
            Message(
                text="{setting} belum diisi: berkas untuk mencatat kejadian",
                values={"setting": SETTING},
            )
        )
    return []


@hookimpl
def on_event(event: Event, settings: Mapping[str, Any]) -> None:
    """Append a line; a repeated event has the same id."""
    line = {
        "id": event.id,
        "at": event.at.isoformat(),
        "kind": event.what.kind,
        "actor_id": event.actor_id,
    } | dataclasses.asdict(event.what)
    path = Path(settings[SETTING])
    with path.open("a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # several workers may write
        file.write(json.dumps(line, default=str, ensure_ascii=False) + "\n")
