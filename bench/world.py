"""Networks of a million and of 100,000 workers, each with a year of history.

They are databases on the embedded server of the folder `bench-instance`. Existing ones are used
again. `--audit` times the command `agentsys audit` on the larger one: over everything, and again
after a day's collecting.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from bench.measure import say
from bench.network import build, day
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
    """Run `agentsys audit` over everything, and again after a day's collecting."""
    with build.app_on(running, size.database, instance) as app:
        environment = build.environment(running, size.database, instance)
        first = _command(environment, "--full")
        with app.app_context():
            collected = day.collect(size.all_months[-1])
        again = _command(environment)
    return {
        "audit_seconds": first,
        "audit_again_seconds": again,
        "audit_again_share": round(again / first, 3),
        "collected_between": collected,
    }


def _command(environment: dict[str, str], *options: str) -> float:
    began = time.monotonic()
    command = [sys.executable, "-m", "agentsys", "audit", *options]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    say(done.stdout)
    if done.returncode != 0:
        sys.exit("the audit failed")
    return round(time.monotonic() - began, 1)
