"""Where the gateway is and how it is reached, in the environment variables that Wechaty people know."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.errors import InvalidSettings

TOKEN = "WECHATY_PUPPET_SERVICE_TOKEN"
ENDPOINT = "WECHATY_PUPPET_SERVICE_ENDPOINT"
NO_TLS = "WECHATY_PUPPET_SERVICE_NO_TLS_INSECURE_CLIENT"
CA_CERT = "WECHATY_PUPPET_SERVICE_TLS_CA_CERT"
SERVER_NAME = "WECHATY_PUPPET_SERVICE_TLS_SERVER_NAME"

_ENDPOINT_FORM = re.compile(r"(?:\w+://)?(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})/?")


@dataclass(frozen=True, slots=True)
class GatewayAddress:
    """One gateway: the token stays out of every printed form. ``server_name`` is what its certificate must name."""

    host: str
    port: int
    token: str = field(repr=False)
    tls: bool = True
    server_name: str = ""
    ca_cert: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def read_address(environment: Mapping[str, str] = os.environ) -> GatewayAddress:
    """Return the gateway that the environment names; raises ``InvalidSettings`` with everything that is missing or wrong."""
    token, endpoint = environment.get(TOKEN, "").strip(), environment.get(ENDPOINT, "").strip()
    tls = environment.get(NO_TLS, "").strip().lower() != "true"
    faults = []
    if not token:
        faults.append(f"没有设置环境变量 {TOKEN}：写网关的令牌（启动网关时用的那一个）")
    elif not (token.isascii() and token.isprintable()) or " " in token:
        faults.append(f"环境变量 {TOKEN} 里有空格、中文或看不见的字符：重新复制一遍令牌")
    found = _ENDPOINT_FORM.fullmatch(endpoint)
    if not endpoint:
        faults.append(f"没有设置环境变量 {ENDPOINT}：写网关的地址和端口，例如 127.0.0.1:8788（不会去网上查令牌在哪台机器）")
    elif found is None or not 0 < int(found["port"]) < 65536:
        faults.append(f"环境变量 {ENDPOINT} 看不懂：{endpoint!r}（写成 地址:端口，例如 127.0.0.1:8788）")
    prefix, separator, _ = token.partition("_")
    server_name = environment.get(SERVER_NAME, "").strip() or (prefix if separator else "")
    if tls and token and not server_name:
        faults.append(
            f"用 TLS 时令牌要带前缀，例如 insecure_…，前缀是网关证书上的名字；或者设置 {SERVER_NAME}；"
            f"网关没有开 TLS 就设置 {NO_TLS}=true"
        )
    ca_cert = environment.get(CA_CERT, "").replace("\\n", "\n")
    if tls and ca_cert and not _is_certificate(ca_cert):
        faults.append(
            f"环境变量 {CA_CERT} 里不是证书：写 PEM 格式的根证书全文，从 -----BEGIN CERTIFICATE----- 开始（换行可以写成 \\n）"
        )
    if faults or found is None:
        raise InvalidSettings("\n".join(faults))
    return GatewayAddress(found["host"].strip("[]"), int(found["port"]), token, tls, server_name, ca_cert)


def _is_certificate(text: str) -> bool:
    try:
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError):
        return False
    return True


def community_ca() -> str:
    """Return the Wechaty community's root certificate (PEM), which gateways use unless told otherwise."""
    return Path(__file__).with_name("wechaty-root-ca.pem").read_text(encoding="ascii")
