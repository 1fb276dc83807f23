"""The server takes a body as large as the files that a page asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from agentsys.runtime import KEY
from agentsys.scans import kinds
from agentsys.sheets import tables
from agentsys.web.server import largest_by_path

MEGABYTE = 1024 * 1024
LISTS = {
    "supervisor.rosters": {},
    "sponsors.upload_list": {"agreement_id": 7},
    "finance.upload_statement": {},
}
SCANS = {
    "supervisor.record_paper": {"agent_id": 7},
    "agent_accounts.propose": {"agent_id": 7},
    "agent.propose_account": {},
    "agent.deposit": {},
    "agent.add_deposit_file": {"deposit_id": 7},
    "finance.add_transfer": {"remittance_id": 7},
}
TABLES = {
    "finance.confirm_remittance": {"remittance_id": 7},
    "tariffs.upload": {},
    "workers.paste_earlier": {},
    "workers.paste_registrations": {},
}


@pytest.mark.parametrize(
    ("endpoint", "values", "most"),
    [
        *((name, values, 0) for name, values in LISTS.items()),
        *((name, values, kinds.MOST_BYTES) for name, values in SCANS.items()),
        *((name, values, tables.MOST_BYTES) for name, values in TABLES.items()),
    ],
)
def test_a_file_that_a_page_takes_reaches_it(
    app: Flask, endpoint: str, values: dict[str, Any], most: int
) -> None:
    settings = app.extensions[KEY].settings
    with app.test_request_context():
        path = app.url_for(endpoint, **values, _external=False)

    taken = [size for start, size in largest_by_path(settings).items() if path.startswith(start)]

    assert taken
    assert taken[0] > (most or settings.upload_mb * MEGABYTE)


def test_every_page_that_takes_a_file_is_tried(here: Path) -> None:
    known = {name.rsplit(".")[1] for name in (*LISTS, *SCANS, *TABLES)}
    for template in (here / "templates").rglob("*.html"):
        for form in re.findall(r"<form[^>]*multipart/form-data[^>]*>", template.read_text()):
            sends = re.search(r"url_for\('\w+\.(\w+)'", form)
            assert sends is None or sends[1] in known, f"{template.name} sends to {sends}"
