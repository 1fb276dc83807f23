"""The system account of the server: never root; for a user who is not root, that user."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agentsys.console_texts import console_text as _
from agentsys.postgres.problem import ELSEWHERE, PostgresProblem

_PREFERRED = ("agentsys", "nobody", "daemon")


@dataclass(frozen=True)
class Account:
    """The account that owns the data and runs the server."""

    uid: int
    gid: int
    name: str

    @property
    def is_me(self) -> bool:
        """True if this process already runs as that account."""
        return self.uid == os.geteuid()

    def run(
        self,
        argv: list[str],
        *,
        cwd: Path,
        pass_fds: tuple[int, ...] = (),
        output: int | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this account, without our terminal; return its output.

        With `output`, an open file, its output goes there instead.
        """
        other = not self.is_me
        return subprocess.run(
            argv,
            cwd=cwd,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if output is None else output,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            pass_fds=pass_fds,
            start_new_session=True,
            umask=0o077,
            check=False,
            user=self.uid if other else None,
            group=self.gid if other else None,
            extra_groups=[] if other else None,
        )

    def can(self, how: str, path: Path) -> bool:
        """True if the kernel lets this account use the path; `how` is a flag of test(1)."""
        argv = ["/bin/sh", "-c", f'test -{how} "$1"', "sh", str(path)]
        return self.run(argv, cwd=Path("/")).returncode == 0


def account_for(data: Path) -> Account:
    """The system account that runs PostgreSQL: the data directory's owner, or one chosen for it."""
    if os.geteuid() != 0:
        return _by_uid(os.geteuid())
    if data.exists() and data.stat().st_uid != 0:
        return _by_uid(data.stat().st_uid)
    for account in _unprivileged():
        try:
            account.run(["/bin/sh", "-c", ":"], cwd=Path("/"))
        except OSError:
            continue
        return account
    raise PostgresProblem(
        _(
            "PostgreSQL tidak boleh berjalan sebagai root, dan tidak ada akun lain yang "
            "dapat dipakai. Jalankan agentsys dengan pengguna biasa. {elsewhere}",
            elsewhere=_(ELSEWHERE),
        )
    )


def _by_uid(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        # An account without an entry in passwd: initdb's error is translated for the user.
        return Account(uid, os.getegid(), str(uid))
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _unprivileged() -> Iterator[Account]:
    entries = {entry.pw_name: entry for entry in pwd.getpwall()}
    system = [name for name, entry in entries.items() if 0 < entry.pw_uid < 1000]
    for name in dict.fromkeys((*_PREFERRED, *system)):
        entry = entries.get(name)
        if entry and entry.pw_uid > 0:
            yield Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
