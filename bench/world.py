"""Networks of a million and of 100,000 workers, each with a year of history.

They are databases on the embedded server of the folder `bench-instance`. Existing ones are used
again. `--audit` runs agentsys' audit on the larger one.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from agentsys.db import transaction
from agentsys.ledger import invariants
from bench.measure import say
from bench.network import build
from bench.network.size import Size


def main(argv: list[str]) -> dict[str, object]:
    """Build both networks; the result is the size of the larger one."""
    parser = argparse.ArgumentParser(prog="python -m bench world", description=__doc__)
    parser.add_argument("--workers", type=int, default=1_000_000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--instance", type=Path, default=build.HOME)
    parser.add_argument("--no-tenth", action="store_true")
    parser.add_argument("--audit", action="store_true")
    options = parser.parse_args(argv)
    size = Size(options.workers, options.months)
    with build.server(options.instance) as running:
        built = build.ensure(running, size, options.instance)
        say(f"{built}")
        tenth = None if options.no_tenth else build.ensure(running, size.tenth, options.instance)
        audit = _audit(running, size, options.instance) if options.audit else {}
    return {
        "bench": "world",
        "value": built["mb"],
        "unit": "MB",
        "workers": size.workers,
        "months": size.months,
        "agents": size.agents,
        "offices": size.offices,
        "seconds": built["seconds"],
        "database": built["database"],
        "tenth": tenth,
        **audit,
    }


def _audit(running: build.EmbeddedPostgres, size: Size, instance: Path) -> dict[str, object]:
    began = time.monotonic()
    with (
        build.app_on(running, size.database, instance) as app,
        app.app_context(),
        transaction() as session,
    ):
        found = invariants.check(session)
    for violation in found:
        say(f"  {violation.check}: {violation.sentence} {dict(violation.row)}")
    return {
        "audit_seconds": round(time.monotonic() - began, 1),
        "violations": len(found),
    }
