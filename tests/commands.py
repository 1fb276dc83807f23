"""Runs `agentsys` commands in a separate process, as an operator does."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from tests.conftest import KEYS

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# The variables that are read while agentsys is imported, for its texts and their width.
_READ_EARLY = ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE", "COLUMNS")


def runner(database_url: str, folder: Path) -> Run:
    """A function that runs a command on the database; its keywords are environment variables."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        base = {k: v for k, v in os.environ.items() if not k.startswith("AGENTSYS_")}
        base |= {f"AGENTSYS_{name.upper()}": value for name, value in KEYS.items()}
        base |= {
            "AGENTSYS_DATABASE_URL": database_url,
            "AGENTSYS_INSTANCE": str(folder),
            "AGENTSYS_LOG_LEVEL": "WARNING",
            "COLUMNS": "200",
        }
        given = base | environment
        early = tuple((name, given[name]) for name in _READ_EARLY if name in given)
        return _imported(early).run([str(argument) for argument in arguments], given)

    return run


class _Imported:
    """A process that has imported agentsys and forks itself for each command.

    Importing takes longer than most commands. This process does nothing else, so that each fork
    begins like a new process. Other tests start `python -m agentsys` itself: those in tests/crash.
    """

    def __init__(self, early: dict[str, str]) -> None:
        other = os.environ.items()
        kept = {k: v for k, v in other if k not in _READ_EARLY and not k.startswith("AGENTSYS_")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _FORKING],
            env=kept | early,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.communicate)

    def run(self, words: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        """What a command did, as `subprocess.run` tells it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            said = [f"{folder}/{name}" for name in ("out", "err")]
            wish = {"words": words, "env": env, "cwd": str(Path.cwd()), "said": said}
            self._process.stdin.write(json.dumps(wish) + "\n")
            self._process.stdin.flush()
            code = int(self._process.stdout.readline())
            out, err = (Path(path).read_text(encoding="utf-8") for path in said)
        return subprocess.CompletedProcess(["agentsys", *words], code, out, err)


@cache
def _imported(early: tuple[tuple[str, str], ...]) -> _Imported:
    return _Imported(dict(early))


_FORKING = """
import json, os, sys
from agentsys.cli import main

for line in sys.stdin:
    wish = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(wish["cwd"])
        os.environ.clear()
        os.environ.update(wish["env"])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, path in enumerate(wish["said"], start=1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        sys.argv = ["agentsys", *wish["words"]]
        main()
        sys.exit()
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""
