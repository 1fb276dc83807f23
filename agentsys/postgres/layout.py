"""The folders of one embedded server, and their permissions."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from agentsys.console_texts import console_text as _
from agentsys.postgres.account import Account, account_for
from agentsys.postgres.locks import is_held
from agentsys.postgres.problem import PostgresProblem

PORT = 5432

# A Unix socket's path may have 107 bytes on Linux and 103 on macOS.
_SOCKET_PATH_LIMIT = 100
_SYSTEM_STATE = Path("/var/lib/agentsys")
_THROW_AWAY = "agentsys-throw-away-"


@dataclass(frozen=True)
class Layout:
    """The folders of one server, all below `base`; only the socket may be elsewhere."""

    base: Path
    socket: Path
    account: Account

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.base / "data"

    @property
    def partial(self) -> Path:
        """Where a new data directory is created; it is renamed to `data` when it is complete."""
        return self.base / "data.partial"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.base / "server.log"

    @property
    def lock(self) -> Path:
        """Lock file, held while a process starts, joins or leaves the server."""
        return self.base / "lock"

    @property
    def alive(self) -> Path:
        """Lock file, held by the server and by initdb until their last process has ended."""
        return self.base / "alive"

    @property
    def participants(self) -> Path:
        """One record for each process that uses the server."""
        return self.base / "participants"


def make_layout(home: Path, *, durable: bool) -> Layout:
    """Create the folders of the server for `home`; return their paths."""
    home.mkdir(parents=True, exist_ok=True)
    account = account_for(home / "data")
    base = _base(home, account, durable=durable)
    account = account_for(base / "data")
    layout = Layout(base, _socket_folder(base), account)
    layout.participants.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        owner = base.stat()
        os.chown(layout.participants, owner.st_uid, owner.st_gid)
    _make_private(layout.socket, account)
    _admit(layout)
    return layout


def _base(home: Path, account: Account, *, durable: bool) -> Path:
    """`home`, or a folder elsewhere if the server's account has no access to it."""
    pointer = home / "location"
    if pointer.exists():
        return _pointed_to(pointer, home)
    if account.is_me:
        return home
    if home.stat().st_uid == 0 and account.can("x", home.parent):
        home.chmod(home.stat().st_mode | 0o011)
    if account.can("x", home):
        return home
    if (home / "data").exists():
        raise PostgresProblem(
            _(
                "Data di {found} tidak dapat dicapai akun {name}, yang menjalankan PostgreSQL. "
                "Buka kembali izin folder di atasnya (chmod o+x), lalu jalankan lagi.",
                found=home / "data",
                name=account.name,
            )
        )
    temporary = Path(tempfile.gettempdir())
    passing = not durable or home.is_relative_to(temporary)
    parent = temporary if passing else _SYSTEM_STATE
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    base = parent / (f"agentsys-{name}" if durable else f"{_THROW_AWAY}{name}")
    if not durable:
        _sweep(parent)
    parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    base.mkdir(mode=0o711, exist_ok=True)
    if base.is_symlink() or base.stat().st_uid != 0 or not account.can("x", base):
        raise PostgresProblem(
            _(
                "Folder {base} tidak dapat dipakai untuk data PostgreSQL. Periksa pemilik dan "
                "izinnya, atau pilih folder instance yang lain.",
                base=base,
            )
        )
    (base / "home").write_text(f"{home}\n", encoding="utf-8")
    pointer.write_text(f"{base}\n", encoding="utf-8")
    return base


def _sweep(parent: Path) -> None:
    """Remove temporary servers whose `home` was deleted, as pytest deletes old folders."""
    for mark in parent.glob(f"{_THROW_AWAY}*/home"):
        home = Path(mark.read_text(encoding="utf-8").strip())
        ours = mark.lstat().st_uid == os.geteuid()
        if ours and not home.exists() and not is_held(mark.with_name("alive")):
            shutil.rmtree(mark.parent, ignore_errors=True)


def _pointed_to(pointer: Path, home: Path) -> Path:
    """The folder in the pointer file, unless that file is a copy from another folder."""
    base = Path(pointer.read_text(encoding="utf-8").strip())
    if not base.is_dir():
        raise PostgresProblem(
            _(
                "Data untuk {home} seharusnya ada di {base}, tetapi folder itu hilang. "
                "Pulihkan folder itu dari cadangan, atau hapus {pointer} untuk mulai dengan "
                "data kosong.",
                home=home,
                base=base,
                pointer=pointer,
            )
        )
    origin = Path((base / "home").read_text(encoding="utf-8").strip())
    if origin != home:
        if (origin / "location").exists():
            raise PostgresProblem(
                _(
                    "{home} adalah salinan dari {origin}, dan data keduanya ada di {base}. Hapus "
                    "{pointer} agar salinan ini memakai data sendiri.",
                    home=home,
                    origin=origin,
                    base=base,
                    pointer=pointer,
                )
            )
        (base / "home").write_text(f"{home}\n", encoding="utf-8")
    return base


def _socket_folder(base: Path) -> Path:
    inside = base / "socket"
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_LIMIT:
        return inside
    name = f"agentsys-socket-{hashlib.sha256(os.fsencode(base)).hexdigest()[:12]}"
    inside = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_LIMIT:
        return inside
    return Path("/tmp") / name  # noqa: S108


def _make_private(folder: Path, account: Account) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if folder.is_symlink() or state.st_uid not in (account.uid, os.geteuid()):
        raise PostgresProblem(
            _(
                "Folder {folder} milik pengguna lain, jadi tidak aman dipakai PostgreSQL. "
                "Hapus folder itu, lalu jalankan lagi.",
                folder=folder,
            )
        )
    if state.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def _admit(layout: Layout) -> None:
    """Allow only connections of root and of the account itself (peer authentication)."""
    names = ["root", layout.account.name]
    files = {
        "pg_hba.conf": "local all agentsys peer map=agentsys\n",
        "pg_ident.conf": "".join(f'agentsys "{name}" agentsys\n' for name in names),
    }
    for name, text in files.items():
        path = layout.base / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
