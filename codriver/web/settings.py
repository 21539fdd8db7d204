"""Where pages and APIs are served, and who may come in."""

from __future__ import annotations

from typing import Any

from codriver.settings import Setting

WEB_HOST = Setting("web.host", "127.0.0.1", "address that the page and the API listen on")
WEB_PORT = Setting("web.port", 8080, "port that the page and the API listen on", minimum=0, maximum=65535)
WEB_TOKEN = Setting("web.token", "", "token that callers must send; needed beyond loopback", secret=True)

SETTINGS: list[Setting[Any]] = [WEB_HOST, WEB_PORT, WEB_TOKEN]
