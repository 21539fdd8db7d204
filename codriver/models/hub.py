"""Files from a model hub over HTTP: the public one, or the one that HF_ENDPOINT names.

HF_TOKEN, where it is set, is shown to the hub itself and to nobody whom the hub redirects to.
"""

from __future__ import annotations

import http.client
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codriver.errors import InputError
from codriver.models.manifest import HubSource
from codriver.models.progress import Report
from codriver.models.transfer import SourceFailedError, write_chunks

PUBLIC_HUB = "https://huggingface.co"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_LOGIN, _MISSING, _RANGE_REFUSED = (401, 403), (404, 410), 416
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class HubDownError(SourceFailedError):
    """The hub does not answer at all: asking it for the next file would only cost the same time again."""


@dataclass(frozen=True)
class Hub:
    """Where the hub is and how patient we are with it."""

    endpoint: str = PUBLIC_HUB
    timeout: float = 120.0
    """Seconds without a single byte."""
    token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, timeout: float, environ: Mapping[str, str] | None = None) -> Hub:
        """The hub of HF_ENDPOINT and HF_TOKEN. Raises `InputError` for an address that is none."""
        environ = os.environ if environ is None else environ
        endpoint = (environ.get("HF_ENDPOINT") or PUBLIC_HUB).rstrip("/")
        parts = urllib.parse.urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                f"HF_ENDPOINT is {endpoint!r}, which is no address of a hub; it starts with https://."
            )
        safe = parts.scheme == "https" or parts.hostname in _LOOPBACK
        return cls(endpoint, timeout, environ.get("HF_TOKEN", "") if safe else "")

    def download(self, source: HubSource, part: Path, size: int, report: Report) -> None:
        """Bring the file to `part`, continuing what is there already.

        Raises `SourceFailedError`; when the connection breaks, what has come stays in `part`, to be continued.
        """
        have = part.stat().st_size if part.is_file() else 0
        with closing(self._open(source, have)) as response:
            start = _start_of(response, have, size)
            with part.open("r+b" if start else "wb") as target:
                target.seek(start)
                target.truncate()
                done = write_chunks(_body(response), target, start, size, report)
        if done < size:
            raise SourceFailedError(f"the connection ended after {done} of {size} bytes")

    def _open(self, source: HubSource, have: int) -> Any:
        path = "/".join(
            urllib.parse.quote(piece) for piece in (source.repo, "resolve", source.revision, source.file)
        )
        headers = {"User-Agent": "codriver", "Accept-Encoding": "identity"}
        if have:
            headers["Range"] = f"bytes={have}-"
        # S310 warns of file: addresses; `from_environment` has let only http(s) pass.
        request = urllib.request.Request(f"{self.endpoint}/{path}", headers=headers)  # noqa: S310
        if self.token:
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            return urllib.request.urlopen(request, timeout=self.timeout)  # noqa: S310
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == _RANGE_REFUSED and have:
                return self._open(source, 0)
            raise SourceFailedError(_refusal(error.code)) from None
        except (OSError, http.client.HTTPException) as error:
            raise HubDownError(_unreachable(error)) from None


def _refusal(code: int) -> str:
    if code in _LOGIN:
        return f"the hub wants to know who asks (HTTP {code}); accept the model's terms there and set HF_TOKEN"
    if code in _MISSING:
        return f"the hub has no such file (HTTP {code})"
    return f"the hub answers with HTTP {code}"


def _unreachable(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "the hub does not answer in time; check the network"
    return f"the hub cannot be reached ({getattr(reason, 'strerror', None) or reason}); check the network"


def _start_of(response: Any, have: int, size: int) -> int:
    """Where in the file the answer starts. Raises `SourceFailedError` when the hub's file has another size."""
    if response.status == http.HTTPStatus.PARTIAL_CONTENT:
        found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if found is None or int(found[1]) > have:
            raise SourceFailedError("the hub continues at another place than asked")
        start, total = int(found[1]), int(found[2])
    else:
        start, total = 0, response.length
    if total is not None and total != size:
        raise SourceFailedError(f"the hub's file has {total} bytes, and not the expected {size}")
    return start


def _body(response: Any) -> Iterator[bytes]:
    while True:
        try:
            # read1: hand over what has come, so that a connection that breaks loses nothing of it.
            chunk = response.read1(1 << 16)
        except TimeoutError:
            raise SourceFailedError("the hub stopped sending") from None
        except (OSError, http.client.HTTPException) as error:
            raise SourceFailedError(f"the connection broke ({error})") from None
        if not chunk:
            return
        yield chunk
