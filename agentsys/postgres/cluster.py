"""The data directory: created completely or not at all, and never deleted."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from agentsys.console_texts import console_text as _
from agentsys.postgres.layout import PORT, Layout
from agentsys.postgres.problem import PostgresProblem, from_output

SUPERUSER = "agentsys"

# Written to postgresql.conf once, so that an operator may change them there. Failed statements
# and details of errors carry values, and values may be a person's.
_SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


def ensure_cluster(
    layout: Layout, binaries: Path, *, major: int, durable: bool, alive: int
) -> None:
    """Create the data directory if there is none; raise if it has another major version."""
    if layout.data.exists() and any(layout.data.iterdir()):
        _refuse_what_is_not_ours(layout, major)
        return
    if layout.partial.exists():
        shutil.rmtree(layout.partial)
    layout.partial.mkdir(mode=0o700)
    os.chown(layout.partial, layout.account.uid, layout.account.gid)
    argv = [str(binaries / "bin" / "initdb"), "-D", str(layout.partial), "-U", SUPERUSER]
    argv += ["--auth=reject", "--data-checksums", "--encoding=UTF8", "--no-instructions"]
    argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv += [] if durable else ["--no-sync"]
    argv += [f"--set={name}={value}" for name, value in _SETTINGS.items()]
    ran = layout.account.run(argv, cwd=layout.partial, pass_fds=(alive,))
    if ran.returncode != 0:
        shutil.rmtree(layout.partial, ignore_errors=True)
        raise from_output(ran.stdout, layout.base)
    if layout.data.exists():
        layout.data.rmdir()
    layout.partial.rename(layout.data)
    _sync(layout.base)


def server_argv(layout: Layout, binaries: Path, *, durable: bool) -> list[str]:
    """The command that starts the server on this data directory."""
    safe = "on" if durable else "off"
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(layout.socket),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "hba_file": str(layout.base / "pg_hba.conf"),
        "ident_file": str(layout.base / "pg_ident.conf"),
        "logging_collector": "off",
        "fsync": safe,
        "full_page_writes": safe,
        "synchronous_commit": safe,
    }
    argv = [str(binaries / "bin" / "postgres"), "-D", str(layout.data)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    return argv


def postmaster_pid(layout: Layout) -> int | None:
    """The process id in the server's lock file; that process may have ended."""
    try:
        first = (layout.data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
        return int(first)
    except (FileNotFoundError, ValueError):
        return None


def refuse_or_clear_lock_file(layout: Layout) -> None:
    """Raise if another server uses our data; delete the lock file of a server that has ended.

    The caller holds the lock `alive`, so a running server was not started by us. PostgreSQL itself
    replaces the lock file of an ended process, but not if the process id now belongs to another
    process of the same account.
    """
    pid = postmaster_pid(layout)
    if pid is not None and _exists(pid):
        if _is_server_of(pid, layout.data):
            raise from_output(f'lock file "{pid}" already exists', layout.data)
        (layout.data / "postmaster.pid").unlink()
    # Only our servers use the folder of the socket, and none of them is left.
    for left in layout.socket.iterdir():
        left.unlink()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_server_of(pid: int, data: Path) -> bool:
    """True if this process may be a running server on our data."""
    process = Path(f"/proc/{pid}")
    if process.exists():
        name, state = _name_and_state(process)
        try:
            here = (process / "cwd").samefile(data)
        except OSError:
            here = True
        return here and "postgres" in name and state != "Z"
    try:
        asked = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
        told = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return True
    return "postgres" in told.stdout and not told.stdout.startswith("Z")


def _name_and_state(process: Path) -> tuple[str, str]:
    # A killed server stays as a zombie where the first process of a container does not reap.
    name, _, rest = (process / "stat").read_text(errors="replace").rpartition(")")
    return name.partition("(")[2], rest.split()[0]


def _refuse_what_is_not_ours(layout: Layout, major: int) -> None:
    version = layout.data / "PG_VERSION"
    if not version.exists() or not (layout.data / "global" / "pg_control").exists():
        raise PostgresProblem(
            _(
                "Folder {data} berisi sesuatu yang bukan data PostgreSQL yang utuh, dan tidak "
                "disentuh. Pindahkan isinya atau pulihkan dari cadangan, lalu jalankan lagi.",
                data=layout.data,
            )
        )
    found = version.read_text(encoding="utf-8").strip()
    if found != str(major):
        raise PostgresProblem(
            _(
                "Data di {data} dibuat oleh PostgreSQL {found}, sedangkan PostgreSQL bawaan "
                "sekarang versi {major}; data tidak disentuh. Pindahkan dengan pg_dump dari "
                "versi {found}, atau pasang kembali agentsys yang membawa versi {found}.",
                data=layout.data,
                found=found,
                major=str(major),
            )
        )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
