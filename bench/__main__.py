"""`python -m bench NAME [options]`: progress on stderr, one JSON object as the last line."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from agentsys.postgres.stopping import exit_when_told_to_stop
from bench.measure import say

_RESERVED = {"import": "import_"}
_NOT_BENCHES = {"__init__", "__main__", "measure", "people"}


def names() -> list[str]:
    """The names of all benchmarks."""
    stems = {path.stem for path in Path(__file__).parent.glob("*.py")} - _NOT_BENCHES
    return sorted(stem.rstrip("_") for stem in stems)


def main(argv: list[str]) -> int:
    """Run one benchmark and print its result; exit code 2 if there is no such benchmark."""
    if not argv or argv[0] not in names():
        say(f"python -m bench {'|'.join(names())} [--help]")
        return 2
    exit_when_told_to_stop()
    name, *options = argv
    measured = importlib.import_module(f"bench.{_RESERVED.get(name, name)}").main(options)
    print(json.dumps(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
