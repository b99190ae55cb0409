"""The HTTP server around the pages: a port that is taken is said in Chinese, and open pages don't hold up the stop."""

from __future__ import annotations

import errno
import socket

import uvicorn
from starlette.applications import Starlette

from bot.channels.page import PageChannel
from bot.errors import XiaoshaoError


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket (port 0: any free one); raises ``XiaoshaoError`` when the address can't be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)  # from here on a browser that comes before the server is up waits instead of failing
    except (OSError, OverflowError) as fault:
        listening.close()
        raise XiaoshaoError(_why_not(host, port, fault)) from fault
    return listening


def _why_not(host: str, port: int, fault: Exception) -> str:
    number = getattr(fault, "errno", None)
    if number == errno.EADDRINUSE:
        return f"端口 {port} 已被别的程序占用：关掉那个程序，或换一个端口，例如 xiaoshao run --port {port + 1}"
    if number == errno.EACCES:
        return f"没有权限使用端口 {port}：换一个 1024 以上的端口，例如 xiaoshao run --port 8700"
    return f"地址 {host}:{port} 不能用（{fault}）：检查设置里的 host 和 port"


class PageServer(uvicorn.Server):
    """uvicorn, ending the pages' event streams first: they never end by themselves."""

    def __init__(self, app: Starlette, channel: PageChannel, *, log_level: str = "warning") -> None:
        super().__init__(
            uvicorn.Config(app, log_level=log_level, access_log=False, timeout_graceful_shutdown=3, server_header=False)
        )
        self._channel = channel

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; every open page is let go and reconnects by itself once there is a server again."""
        self._channel.close()
        await super().shutdown(sockets)
