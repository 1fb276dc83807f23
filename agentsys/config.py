"""Every setting: its name (AGENTSYS_ and the field in capitals), default, and meaning."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from agentsys.config_problems import explain
from agentsys.console_texts import console_text as _
from agentsys.crypto import Vault, parse_keys
from agentsys.extension.bundled import BUNDLED
from agentsys.fee_rates import read_rates
from agentsys.written_once import write_once

PREFIX = "AGENTSYS_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
VIRTUAL_TIME = "virtual-time"
KEYS = ("secret_key", "field_keys", "index_key")


class SettingsProblem(Exception):
    """A setting is missing or wrong; the message names it and says what it wants."""


class Settings(BaseSettings):
    """The settings of an operator; creating them fails if one is missing or invalid."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: str = Field("", description="PostgreSQL 15 or newer; empty: the embedded server")
    instance: Path = Field(
        Path("instance"), description="Folder of the embedded database, generated keys and logs"
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs sessions, at least 32 characters; empty: generated (embedded only)",
    )
    field_keys: SecretStr = Field(
        SecretStr(""),
        description="Seal NIKs: `1:BASE64` of 32 bytes each, comma separated, newest id seals",
    )
    index_key: SecretStr = Field(
        SecretStr(""), description="Finds sealed NIKs: base64 of at least 32 bytes; never changes"
    )
    plugins: str = Field(BUNDLED, description="Names of the plugins that run, comma separated")
    public_url: str = Field(
        "", description="Address that people and gateways reach, such as https://agen.example.id"
    )
    host: str = Field("127.0.0.1", description="Address that the web server listens on")
    port: int = Field(5300, ge=1, le=65535, description="Port that the web server listens on")
    web_threads: int = Field(
        8,
        ge=1,
        le=64,
        description="Threads for callbacks; pages have two fewer, health checks their own",
    )
    simulator_port: int = Field(
        5310,
        ge=0,
        le=65535,
        description="Port of the local Midtrans simulator under `agentsys run`; 0: off",
    )
    second_person_days: int = Field(
        7,
        ge=0,
        le=90,
        description="Days for which an admin and a user whom the admin made, or whose password or"
        " sign-in the admin changed, may not be each other's second person; 0: none",
    )
    secure_cookies: bool = Field(
        False, description="Send cookies over HTTPS only; true whenever the public URL is https"
    )
    idle_minutes: int = Field(
        30,
        ge=5,
        le=720,
        description="Minutes without a request after which whoever is not an agent is signed out",
    )
    trusted_proxies: int = Field(
        0, ge=0, le=3, description="Reverse proxies in front whose X-Forwarded headers are believed"
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Bearer token that `/metrics` wants; empty: it answers this machine only",
    )
    pool_size: int = Field(10, ge=1, le=100, description="Database connections of one process")
    upload_mb: int = Field(40, ge=1, le=200, description="Largest file that may be uploaded, in MB")
    shared_bank_account: bool = Field(
        False,
        description="Whether all offices keep their money in one bank account; where one office's"
        " share is not enough, it then uses, and owes, money of the others",
    )
    gateway_fees: str = Field(
        "",
        description="What your contract says that a provider charges, to compare its reports with:"
        " `midtrans:qris:2026-01-01=0+70+1100` is Rp0 + 0.70 % and 11 % VAT from that day on;"
        " several with commas",
    )
    roster_rows: int = Field(
        1_000_000,
        ge=1,
        description="Most rows that one roster may have; larger lists come in parts",
    )
    log_format: str = Field(
        "text", pattern="^(text|json)$", description="Log lines: `text` or `json`"
    )
    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Least severe level that is logged",
    )
    demo: bool = Field(False, description="Demo world: shows the demo logins on the sign-in page")

    @field_validator("instance", "host", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if value == "":
            raise ValueError(_("kosong; isi, atau hapus setelan ini"))
        return value

    @field_validator("database_url")
    @classmethod
    def _psycopg(cls, value: str) -> str:
        if not value:
            return value
        for scheme in ("postgresql+psycopg://", "postgresql://", "postgres://"):
            if value.startswith(scheme):
                return _read("postgresql+psycopg://" + value.removeprefix(scheme))
        raise ValueError(_("harus diawali postgresql:// (basis data lain tidak didukung)"))

    @field_validator("gateway_fees")
    @classmethod
    def _rates(cls, text: str) -> str:
        read_rates(text)
        return text

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError(_("harus diawali https:// atau http://"))
        return value.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        if self.database_url:
            for name in KEYS:
                if not getattr(self, name).get_secret_value():
                    raise ValueError(
                        _(
                            "{setting} diperlukan bersama AGENTSYS_DATABASE_URL; `agentsys keys`"
                            " mencetak kunci baru",
                            setting=PREFIX + name.upper(),
                        )
                    )
        for name in ("secret_key", "metrics_token"):
            if 0 < len(getattr(self, name).get_secret_value()) < 32:
                raise ValueError(
                    _("{setting} perlu paling sedikit 32 tanda", setting=PREFIX + name.upper())
                )
        return self

    @property
    def plugin_names(self) -> list[str]:
        """The enabled plugins, in the order of the setting."""
        return [name for name in (part.strip() for part in self.plugins.split(",")) if name]

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach the web server and no public URL is configured."""
        return self.host in LOOPBACK and not self.public_url

    @property
    def local_url(self) -> str:
        """The address that the web server listens on."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The address that is written into links and receipts."""
        return self.public_url or self.local_url

    @property
    def cookies_over_https(self) -> bool:
        """Whether cookies are marked Secure."""
        return self.secure_cookies or self.public_url.startswith("https://")

    @property
    def is_for_trying(self) -> bool:
        """Whether the demo city and the simulator, whose secrets are public, may be started."""
        return self.demo or (self.is_private and not self.database_url)

    def virtual_time(self) -> Path | None:
        """The file with the virtual time of a demo, if there is one; refused outside demos."""
        file = self.instance.absolute() / VIRTUAL_TIME
        if not file.exists():
            return None
        if not self.is_for_trying:
            told = _(
                "{file}: jam yang dimajukan hanya untuk mencoba; ganti AGENTSYS_INSTANCE", file=file
            )
            raise SettingsProblem(told)
        return file

    def vault(self) -> Vault:
        """The vault made of the configured keys."""
        return Vault(
            parse_keys(self.field_keys.get_secret_value()),
            base64.b64decode(self.index_key.get_secret_value()),
        )


def load(**overrides: Any) -> Settings:
    """The settings from environment and overrides; SettingsProblem if one is wrong."""
    try:
        settings = Settings(**overrides)
        if not all(getattr(settings, name).get_secret_value() for name in KEYS):
            settings = _with_generated_keys(settings)
        settings.vault()
    except ValidationError as error:
        raise SettingsProblem(explain(error, PREFIX)) from error
    except ValueError as error:
        raise SettingsProblem(
            _(
                "AGENTSYS_FIELD_KEYS atau AGENTSYS_INDEX_KEY: {reason}; `agentsys keys` mencetak"
                " kunci baru",
                reason=error,
            )
        ) from error
    return settings


def fresh_keys() -> dict[str, str]:
    """New random keys by the name of their setting, without the prefix."""
    return {
        "secret_key": secrets.token_urlsafe(48),
        "field_keys": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "index_key": base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def for_plugins(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every AGENTSYS_ variable; plugins read their settings from these."""
    source = os.environ if environment is None else environment
    return {name: value for name, value in source.items() if name.startswith(PREFIX)}


def _with_generated_keys(settings: Settings) -> Settings:
    """The settings with keys that are generated once and stored in the instance folder."""
    path = settings.instance / "keys.json"
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
        write_once(path, fresh_keys())
        kept = json.loads(path.read_text())
        made = {name: SecretStr(kept[name]) for name in KEYS}
    except OSError as error:
        raise SettingsProblem(
            _(
                "AGENTSYS_INSTANCE: {folder} tidak dapat dipakai ({reason}); sebut folder yang"
                " boleh ditulis pengguna ini",
                folder=settings.instance.absolute(),
                reason=error.strerror,
            )
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingsProblem(
            _(
                "{file} rusak. Pulihkan dari cadangan: NIK yang tersimpan tidak dapat dibaca tanpa"
                " kuncinya. Bila belum ada data, hapus berkas itu",
                file=path.absolute(),
            )
        ) from error
    given = {name: value for name in KEYS if (value := getattr(settings, name)).get_secret_value()}
    return settings.model_copy(update=made | given)


def _read(url: str) -> str:
    """Parse the URL; errors never quote it, because it may contain a password."""
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(
            _(
                "tidak dapat dibaca; tulis postgresql://USER:PASSWORD@HOST:5432/NAME, dan tanda"
                " selain huruf dan angka di kata sandi sebagai %XX"
            )
        ) from None
    return url
