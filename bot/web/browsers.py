"""What a request tells of the browser and the machine that it came from."""

from __future__ import annotations

import hashlib
import ipaddress
import re

from starlette.requests import Request

_CHANGING = re.compile(r"\b(?:NetType|Language)/\S+")
"""Parts of WeChat's User-Agent that change while the browser stays: the network, the language of its menus."""

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-host")
_HERE = ("localhost", "127.0.0.1", "[::1]")


def fingerprint(request: Request) -> str:
    """Return a short digest of what stays the same in one browser and mostly differs in another."""
    headers = request.headers
    agent = " ".join(_CHANGING.sub("", headers.get("user-agent", "")).split())
    language = headers.get("accept-language", "").partition(",")[0]
    return hashlib.sha256(f"{agent}\n{language}".encode()).hexdigest()[:32]


def is_local(request: Request) -> bool:
    """Tell whether the request was made on this very machine, by its own name, and not through a proxy on it."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    host = request.headers.get("host", "").lower()
    return _is_loopback(_peer(request)) and re.sub(r":\d+$", "", host) in _HERE


def address(request: Request) -> str:
    """Return the address to count tries by: the peer's, or the one that a proxy on this machine names last."""
    peer = _peer(request)
    if _is_loopback(peer):
        return request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()[:64] or peer
    return peer


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
