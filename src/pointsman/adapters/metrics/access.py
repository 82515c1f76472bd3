"""How a Prometheus is reached: its address, and who we are there. Secrets never show, in no message and no `repr`."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pointsman.model.errors import InputError

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class Access:
    """`url` is what stands before `/api/v1` (`https://mimir.example/prometheus`). Either `token` (a bearer token) or
    `user` and `password` are sent, and `headers` beside them (`X-Scope-OrgID` names a tenant). `ca_file` holds the
    certificates to trust in place of the usual ones. `timeout` is how many seconds one question may take.

    Raises InputError for an address that is none, two identities at once, and what no header can carry.
    """

    url: str
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    ca_file: str = ""
    timeout: float = 10.0

    def __post_init__(self) -> None:
        _refuse_address(self.url)
        _refuse_identities(self)
        for name, value in self.headers.items():
            _refuse_header(name, value)
        if self.ca_file and not Path(self.ca_file).is_file():
            raise InputError(f"there is no certificate file {self.ca_file}", "give the path of a PEM file")

    @property
    def base(self) -> str:
        """The address without a slash at its end."""
        return self.url.strip().rstrip("/")

    def sent(self) -> dict[str, str]:
        """The headers of every request."""
        return {"accept": "application/json", "user-agent": "pointsman", **self.headers, **self._identity()}

    def hidden(self, text: str) -> str:
        """`text` with whatever is secret blotted out: servers and proxies like to repeat what they were sent."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def _identity(self) -> dict[str, str]:
        if self.token:
            return {"authorization": f"Bearer {self.token.strip()}"}
        return {"authorization": f"Basic {self._encoded()}"} if self.user else {}

    def _encoded(self) -> str:
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    def _secrets(self) -> set[str]:
        given = {self.token.strip(), self.password, *self.headers.values(), *([self._encoded()] if self.user else [])}
        return {secret for secret in given if len(secret) > 3}


def _refuse_address(url: str) -> None:
    try:
        parts = urlsplit(url.strip())
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        known = False
    if not known:
        raise InputError("the address of Prometheus is not an HTTP address", "write it like https://prometheus.example")
    if parts.username or parts.password:
        raise InputError("the address of Prometheus holds credentials", "give user and password, or a token, apart")
    if parts.query or parts.fragment:
        raise InputError("the address of Prometheus has a query", "give only what stands before /api/v1")


def _refuse_identities(access: Access) -> None:
    if access.token and access.user:
        raise InputError("both a token and a user are given for Prometheus", "give one of them")
    if access.password and not access.user:
        raise InputError("a password is given for Prometheus, but no user", "give the user, too")
    _refuse_header("authorization", access.token.strip())


def _refuse_header(name: str, value: str) -> None:
    if not _HEADER.fullmatch(name):
        raise InputError(f"{name!r} is not the name of a header", "write it like X-Scope-OrgID")
    if not value.isprintable() or not value.isascii():
        raise InputError(f"the value for the header {name} holds what no header can carry", "check for line breaks")
