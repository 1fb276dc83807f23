"""Backup and restore of the database, and the proof that a backup can be restored."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import URL, make_url

from agentsys.config import PREFIX
from agentsys.console_texts import console_text as _
from agentsys.ports import CannotRun
from agentsys.postgres.binaries import find_binaries
from agentsys.postgres.problem import PostgresProblem

_OWN_SETTINGS = {"PGPASSWORD", "PGHOST", "PGPORT", "PGUSER", "PGDATABASE"}


def back_up(url: str, target: Path) -> int:
    """Write a consistent copy of the whole database to a new file; return its size in bytes.

    The system may be running. The file gets its name only when it is complete.
    """
    if target.exists():
        raise CannotRun(
            _(
                "{target} sudah ada. Pilih nama lain, supaya cadangan lama tidak hilang.",
                target=target,
            )
        )
    if not target.parent.is_dir():
        raise CannotRun(
            _("Folder {parent} tidak ada. Buat dulu, lalu ulangi.", parent=target.parent)
        )
    partial = target.with_name(f"{target.name}.{uuid4().hex[:8]}.partial")
    partial.touch(mode=0o600, exist_ok=False)
    try:
        _run(url, "pg_dump", "--format=custom", "--no-owner", f"--file={partial}")
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return target.stat().st_size


def restore(url: str, source: Path) -> None:
    """Fill an empty database from a backup, all of it or nothing; CannotRun if it is not empty."""
    if not source.is_file():
        raise CannotRun(_("{source} tidak ada.", source=source))
    with psycopg.connect(_conninfo(url)) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
        ).fetchone()
    if found and found[0]:
        raise CannotRun(
            _(
                "Basis data ini tidak kosong, jadi tidak ada yang dipulihkan. Buat basis data "
                "baru, isi {prefix}DATABASE_URL dengan alamatnya, lalu ulangi.",
                prefix=PREFIX,
            )
        )
    _run(url, "pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(source))


def prove(url: str, source: Path, environment: Mapping[str, str]) -> str:
    """Restore a backup into a temporary database, audit and drop it; return the audit's output.

    A backup of an earlier version is upgraded first, so this rehearses an upgrade too. Raises
    CannotRun with the command's output if that fails, or if the audit finds an error.
    """
    with _scratch_database(url) as scratch:
        restore(scratch, source)
        # With the same commands as in production.
        in_scratch = {**environment, f"{PREFIX}DATABASE_URL": scratch}
        upgraded = _agentsys("db", "upgrade", environment=in_scratch)
        if upgraded.returncode != 0:
            raise CannotRun(
                "Cadangan ini dapat dipulihkan, tetapi tabelnya tidak dapat dibawa ke versi ini:\n"
                + (upgraded.stdout + upgraded.stderr).strip()
            )
        audited = _agentsys("audit", "--full", environment=in_scratch)
    if audited.returncode != 0:
        raise CannotRun(
            _("Cadangan ini dapat dipulihkan, tetapi pemeriksaan bukunya gagal:")
            + f"\n{(audited.stdout + audited.stderr).strip()}"
        )
    return audited.stdout.strip()


def _agentsys(*arguments: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agentsys", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def _scratch_database(url: str) -> Iterator[str]:
    name = f"agentsys_restore_{uuid4().hex[:12]}"
    with psycopg.connect(_conninfo(url), autocommit=True) as connection:
        try:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        except psycopg.errors.InsufficientPrivilege as error:
            raise CannotRun(
                _(
                    "Pengguna basis data ini tidak boleh membuat basis data. Beri hak CREATEDB, "
                    "atau pulihkan sendiri ke basis data kosong dengan `agentsys restore`."
                )
            ) from error
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(_conninfo(url), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _run(url: str, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password is passed in the environment only."""
    address = make_url(url)
    command = [str(_program(program, url)), *arguments]
    if program == "pg_restore":
        command.append(f"--dbname={_without_password(address)}")
    else:
        command.append(_without_password(address))
    environment = {k: v for k, v in os.environ.items() if k not in _OWN_SETTINGS}
    if address.password:
        environment["PGPASSWORD"] = str(address.password)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRun(f"{program}: {done.stderr.strip() or done.returncode}")


def _program(name: str, url: str) -> Path:
    """An installed program that is not older than the server."""
    with psycopg.connect(_conninfo(url)) as connection:
        server = connection.info.server_version // 10_000
    candidates = [Path(found)] if (found := shutil.which(name)) else []
    with suppress(PostgresProblem):
        candidates.append(find_binaries() / "bin" / name)
    for candidate in candidates:
        if candidate.exists() and _major(candidate) >= server:
            return candidate
    raise CannotRun(
        _(
            "{name} dari PostgreSQL {server} atau yang lebih baru tidak ditemukan. Di "
            "Debian/Ubuntu: sudo apt-get install postgresql-client-{server}",
            name=name,
            server=str(server),
        )
    )


def _major(program: Path) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\) (\d+)", told.stdout)
    return int(found[1]) if found else 0


def _conninfo(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _without_password(address: URL) -> str:
    # `set(password=None)` would keep the password, so the URL is built again.
    return URL.create(
        "postgresql",
        username=address.username,
        host=address.host,
        port=address.port,
        database=address.database,
        query=address.query,
    ).render_as_string(hide_password=False)
