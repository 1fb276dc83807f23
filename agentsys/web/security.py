"""Signing in by phone or e-mail, locking accounts, security headers of every answer."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, g, request
from flask_security import Security, SQLAlchemyUserDatastore, uia_email_mapper, uia_phone_mapper
from flask_security.forms import LoginForm
from flask_security.utils import login_user, lookup_identity
from flask_wtf import CSRFProtect
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import TooManyRequests
from werkzeug.routing import RequestRedirect
from wtforms import Field, StringField
from wtforms.validators import DataRequired, ValidationError

from agentsys.config import Settings
from agentsys.db import db, transaction
from agentsys.errors import Malformed
from agentsys.people import passwords, sessions, signing_in
from agentsys.runtime import runtime
from agentsys.web import sign_in_sessions
from agentsys.web.addresses import client_network, own_page
from agentsys.web.rsgi import HTTPS_ONLY
from agentsys.web.texts import lazy

_LONGEST_IDENTITY = 254  # of an e-mail address
_SHORT_FORM = 16 * 1024  # bytes; elsewhere it is 1 MB
_SHORT_FORMS = dict.fromkeys(("/masuk", "/akun/sandi", "/mulai", "/mulai/kantor"), _SHORT_FORM)
REMEMBERS = "agentsys-remember"  # another name than in 0.1.0, whose cookies all roles have

csrf = CSRFProtect()


class PhoneOrEmailLogin(LoginForm):
    """Flask-Security's form, with one field for phone number or e-mail address."""

    email = StringField(lazy("Nomor HP atau e-mail"), validators=[DataRequired()])

    def validate_password(self, field: Field) -> None:
        """Refuse a password that cannot be hashed, for any user name."""
        if not passwords.can_be_one(field.data or ""):
            raise ValidationError()  # the page shows the same message for every kind of failure

    def validate(self, **kwargs: Any) -> bool:
        """Find the user, run Flask-Security's checks, and count wrong passwords."""
        address = client_network()
        if not signing_in.may_try(db.session(), address=address):
            raise TooManyRequests(retry_after=int(signing_in.COUNTED_FOR.total_seconds()))
        # Phone keyboards add a space after a completed word.
        identity = (self.email.data or "").strip()
        # Parsing a long address is slow.
        found = lookup_identity(identity) if len(identity) <= _LONGEST_IDENTITY else None
        # As for an unknown user, compute a hash and do not reveal whether the password was right.
        user: Any = found if found is not None and not found.is_locked() else None
        self.user = user
        self.ifield = self.email
        self.next.data = own_page(self.next.data or "/")
        right = bool(super().validate(**kwargs))
        with transaction() as session:
            if right and user is not None:
                # Only agents use a personal phone; office computers are shared.
                self.remember.data = self.remember.data and user.only_in_the_field
                signing_in.signed_in(session, user=user)
            elif self.password.data:
                known = user.id if user is not None else None
                signing_in.count_wrong(session, user_id=known, address=address)
        return right


_SIGNING_IN: dict[str, Any] = {
    # OWASP's parameters for Argon2id; the library's defaults take 1.5 s on a small server.
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__memory_cost": 19 * 1024,
        "argon2__rounds": 2,
        "argon2__parallelism": 1,
    },
    "SECURITY_PASSWORD_SINGLE_HASH": True,  # otherwise the hashes would depend on the secret key
    "SECURITY_USER_IDENTITY_ATTRIBUTES": [
        {"phone": {"mapper": uia_phone_mapper}},
        {"email": {"mapper": uia_email_mapper, "case_insensitive": True}},
    ],
    "SECURITY_PHONE_REGION_DEFAULT": "ID",
    "SECURITY_LOGIN_URL": "/masuk",
    "SECURITY_LOGOUT_URL": "/keluar",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/",
    "SECURITY_POST_LOGOUT_VIEW": "/masuk",
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_CLI_USERS_NAME": False,
    "SECURITY_CLI_ROLES_NAME": False,
    "SECURITY_REGISTERABLE": False,
    "SECURITY_RECOVERABLE": False,
    "SECURITY_SEND_REGISTER_EMAIL": False,
    "SECURITY_FLASH_MESSAGES": False,
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_FRESHNESS": timedelta(-1),  # no page that asks for the password again
    "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
    "SECURITY_DEFAULT_REMEMBER_ME": False,
    "SECURITY_MSG_GENERIC_AUTHN_FAILED": (
        lazy("Nomor HP, e-mail, atau kata sandi salah. Setelah lima kali salah, tunggu 15 menit."),
        "error",
    ),
}


def init_app(app: Flask, settings: Settings) -> SQLAlchemyUserDatastore:
    """Set up sessions, sign-in, CSRF and headers; the datastore makes and changes users."""
    app.config.setdefault("SECURITY_PASSWORD_HASH", "argon2")
    app.config.update(
        _SIGNING_IN,
        SECURITY_PASSWORD_SALT=app.config["SECRET_KEY"],  # for hashes made before migration 0004
        WTF_CSRF_TIME_LIMIT=None,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=settings.cookies_over_https,
        SESSION_COOKIE_NAME="__Host-agentsys" if settings.cookies_over_https else "agentsys",
        REMEMBER_COOKIE_NAME=REMEMBERS,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SECURE=settings.cookies_over_https,
        PERMANENT_SESSION_LIFETIME=sessions.LONGEST,
    )
    app.before_request(_limit_short_forms)
    csrf.init_app(app)
    datastore = signing_in.datastore()
    Security(app, datastore, login_form=PhoneOrEmailLogin)
    with app.app_context():
        # Load Argon2 now: the library does it at the first use, which is not thread-safe.
        passwords.hashed(secrets.token_hex(16))
    sign_in_sessions.init_app(app)
    app.login_manager.request_loader(_no_token)  # type: ignore[attr-defined]
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.before_request(_refuse_nul)
    app.after_request(_headers)
    app.after_request(_stay_here)
    return datastore


def stay_signed_in(user: Any) -> None:
    """Start a new session in this browser after all sessions of the user were ended."""
    login_user(user, remember=user.only_in_the_field and REMEMBERS in request.cookies)


def _no_token(_: Request) -> None:
    """Disable signing in by a token in the URL or in a header."""


def csp_nonce() -> str:
    """The nonce of this answer's content policy and scripts, created at its first use."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _limit_short_forms() -> None:
    """Limit the size of forms with passwords, some of which anybody may send."""
    if (most := _SHORT_FORMS.get(request.path)) is not None:
        request.max_content_length = most


def largest_bodies() -> dict[str, int]:
    """The largest body, in bytes, of the forms that are shorter than others, by their path."""
    return dict(_SHORT_FORMS)


def _refuse_nul() -> None:
    """Refuse NUL characters: PostgreSQL cannot store them, and nobody types them."""
    sent = [request.path, *_texts(request.args), *_texts(request.form)]
    for field, file in request.files.items(multi=True):
        sent += [field, file.filename or ""]
    if any("\0" in text for text in sent):
        raise Malformed()


def _texts(values: MultiDict[str, str]) -> Iterator[str]:
    for pair in values.items(multi=True):
        yield from pair


def _headers(response: Response) -> Response:
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; style-src 'self'; object-src 'none';"
        f" script-src 'self' 'nonce-{csp_nonce()}'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'",
    )
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    _for_every_answer(response)
    if request.endpoint == "static" and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


def headers_for_machines(response: Response) -> Response:
    """Security headers of answers to programs, which load and show nothing."""
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    _for_every_answer(response)
    return response


def _for_every_answer(response: Response) -> None:
    response.headers["X-Content-Type-Options"] = "nosniff"
    # Not request.is_secure: behind an untrusted proxy, HTTPS requests arrive as HTTP.
    if runtime().settings.cookies_over_https:
        response.headers["Strict-Transport-Security"] = HTTPS_ONLY
    if isinstance(request.routing_exception, RequestRedirect):
        # An absolute URL would contain the Host header, which a client may forge.
        there = urlsplit(response.location or "")
        response.location = own_page(f"{there.path}?{there.query}")


def _stay_here(response: Response) -> Response:
    """Check the wanted page more strictly than Flask-Security does."""
    if request.blueprint == "security" and response.location is not None:
        response.location = own_page(response.location)
    return response
