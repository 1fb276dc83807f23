"""A child process that reads and encrypts a list while the database loads the previous batch.

A thread is not enough: because of Python's global interpreter lock, an import would be as slow as
first reading everything and then storing it.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import suppress
from datetime import date

from agentsys.crypto import Vault
from agentsys.rosters.people import Batch, read_batches
from agentsys.sheets.refusals import FileRefused
from agentsys.workers.kinds import Programmes


def read_apart(
    content: bytes,
    *,
    vault: Vault,
    today: date,
    row_limit: int,
    programmes: Programmes,
    mapping: Mapping[str, str] | None = None,
    take_hidden: bool = False,
) -> Generator[Batch, None, None]:
    """The batches of `read_batches`, read by a child process that is one batch ahead."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with suppress(BrokenPipeError), process.stdin as stdin:
            wanted = {
                "today": today,
                "row_limit": row_limit,
                "programmes": programmes,
                "mapping": None if mapping is None else dict(mapping),
                "take_hidden": take_hidden,
            }
            pickle.dump((content, dict(vault.keys), vault.index_key, wanted), stdin)
        del content  # a large file is in memory only where it is read
        while (said := pickle.load(process.stdout)) is not None:  # noqa: S301  # our own process
            if isinstance(said, FileRefused):
                raise said
            yield said
    except EOFError:
        raise RuntimeError(f"the reader of a list ended with code {process.wait()}") from None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def main() -> None:
    """Read a list and the keys from stdin; write its batches, and then None, to stdout."""
    given = pickle.load(sys.stdin.buffer)  # noqa: S301
    files, (keys, index_key, wanted) = [given[0]], given[1:]
    del given
    vault = Vault(keys, index_key)
    gc.disable()  # a quarter of a million tuples without reference cycles
    last: FileRefused | None = None
    try:
        for batch in read_batches(files.pop(), vault=vault, **wanted):
            _say(batch)
    except FileRefused as refused:
        last = refused
    _say(last)


def _say(said: Batch | FileRefused | None) -> None:
    try:
        pickle.dump(said, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)  # the parent has ended: the import was stopped


if __name__ == "__main__":
    main()
