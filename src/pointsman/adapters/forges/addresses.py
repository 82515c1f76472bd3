"""Addresses that a forge is reached at, or is given."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_on_this_machine(url: str) -> bool:
    """True when the host of `url` is a loopback address or `localhost`; False for what is no URL."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def web_url(url: str) -> str:
    """`url` when a forge would take it as a link, else nothing: it refuses a status for a bad link."""
    return url if url.startswith(("https://", "http://")) else ""
