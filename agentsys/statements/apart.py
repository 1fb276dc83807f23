"""A child process that reads a bank's message under limits of memory and time.

Its parsers see bytes that anybody may have made. Tables are read by `agentsys.sheets`, which has
such a process of its own.
"""

from __future__ import annotations

import pickle
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from agentsys.sheets.refusals import FileRefused
from agentsys.statements.bank_messages import TITLES, Unreadable, read_message
from agentsys.statements.lines import Declared, Line

_MB = 1024 * 1024
_MEMORY, _MEMORY_OF_A_BYTE = 768 * _MB, 120
_SECONDS, _SECONDS_OF_A_MB = 20, 20
_BATCH = 1000


def read_apart(content: bytes, kind: str) -> Iterator[Line | Declared]:
    """The lines of a message, and last what it declares; FileRefused if it cannot be read."""
    memory = _MEMORY + _MEMORY_OF_A_BYTE * len(content)
    seconds = _SECONDS + _SECONDS_OF_A_MB * len(content) // _MB
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__, kind, str(memory), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        with suppress(BrokenPipeError), child.stdin as stdin:
            stdin.write(content)
        while (said := pickle.load(child.stdout)) is not None:  # noqa: S301  # our own process
            if isinstance(said, str):
                raise _damaged(kind)
            yield from said
    except (EOFError, pickle.UnpicklingError) as error:
        raise _damaged(kind) from error
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def main() -> None:
    """Read a message from stdin; write batches to stdout, then None, or a text if it is damaged."""
    kind, memory, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found = read_message(sys.stdin.buffer.read(), kind)
    try:
        while batch := list(islice(found, _BATCH)):
            pickle.dump(batch, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
        pickle.dump(None, sys.stdout.buffer)
    except Unreadable as error:
        pickle.dump(str(error), sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _damaged(kind: str) -> FileRefused:
    return FileRefused(
        "Berkas {kind} ini rusak, bukan dalam rupiah, atau berisi lebih dari satu rekening. Unduh"
        " lagi dari bank.",
        kind=TITLES[kind],
    )


if __name__ == "__main__":
    main()
