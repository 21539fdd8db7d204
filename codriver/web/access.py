"""Who may talk to the server: which host names, which origins, and who holds the token.

The server listens on loopback unless told otherwise. There, the `Host` header must be a loopback name, which stops
a foreign page that points its own name at 127.0.0.1 (DNS rebinding). Beyond loopback a token is required: callers
send it as `Authorization: Bearer`, the page trades it once for a cookie that scripts cannot read.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, current_app
from werkzeug.wrappers import Request

from codriver.errors import CodriverError, InputError

COOKIE = "codriver_login"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_KEY = "codriver_access"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class ForbiddenError(CodriverError):
    """A request from a page or under a host name that has no business here."""

    http_status = 403
    title = "Forbidden"


class UnauthorizedError(CodriverError):
    """A request without the token."""

    http_status = 401
    title = "Token required"


def is_loopback(host: str) -> bool:
    """True when only this machine can reach a server bound to `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Access:
    """The rules of entry for one server. An empty token lets everybody in, so it is for loopback only."""

    token: str = ""
    host: str = "127.0.0.1"

    def __post_init__(self) -> None:
        if not self.host.strip():
            raise InputError("web.host is empty; use 127.0.0.1 for this machine only or 0.0.0.0 for the network.")
        if self.token and not (self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise InputError("web.token may only hold printable ASCII characters without spaces.")
        if not self.token and not is_loopback(self.host):
            raise InputError(
                f"web.host {self.host!r} can be reached from other machines, so web.token is needed; "
                f"for example: CODRIVER_WEB_TOKEN={secrets.token_urlsafe(18)}"
            )

    @property
    def cookie(self) -> str:
        """What a logged-in browser holds: made from the token, so it survives a restart, and does not tell it."""
        return hmac.new(self.token.encode(), b"codriver login cookie", hashlib.sha256).hexdigest()

    def is_token(self, offered: str) -> bool:
        """Compare in constant time, so that timing tells nothing about the token."""
        return hmac.compare_digest(offered.encode(), self.token.encode())

    def granted(self, request: Request) -> bool:
        """True when no token is needed or the request carries it."""
        if not self.token:
            return True
        scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(offered.strip()):
            return True
        return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), self.cookie.encode())

    def check_host(self, request: Request) -> None:
        """Refuse a host name that is not ours. Raises `ForbiddenError`.

        Beyond loopback the names we are known by are unknown, and the token does this check's work.
        """
        if not is_loopback(self.host):
            return
        name = host_name(request.headers.get("Host", ""))
        if name not in _LOOPBACK_NAMES | {self.host.lower().strip("[]")}:
            raise ForbiddenError(f"Host {name!r} is not served here; use http://localhost or http://127.0.0.1.")

    def check_origin(self, request: Request) -> None:
        """Refuse a change that another site's page asks for (CSRF). Raises `ForbiddenError`.

        Browsers send `Origin` with every such request and do not let a page forge it; callers that are no browser
        send none and are let through.
        """
        origin = request.headers.get("Origin")
        if origin is not None and _authority(origin) != request.headers.get("Host", "").lower():
            raise ForbiddenError(f"Requests from {origin[:100]!r} are not accepted; use the page of this server.")
        if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            raise ForbiddenError("Requests from another site are not accepted; use the page of this server.")


def _authority(origin: str) -> str:
    """Host and port of an `Origin` header; a text that no host can equal when it cannot be parsed."""
    try:
        return urlsplit(origin).netloc.lower() or origin
    except ValueError:
        return origin


def host_name(header: str) -> str:
    """The name in a `Host` header, lower case, without port and brackets; empty when it cannot be parsed."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""


def install(app: Flask, access: Access) -> None:
    """Put the rules of entry into `app`."""
    app.extensions[_KEY] = access


def current_access() -> Access:
    """The rules of entry of the app that handles the current request."""
    return cast(Access, current_app.extensions[_KEY])
