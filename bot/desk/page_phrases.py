"""What the bot says on behalf of its pages."""

from __future__ import annotations


def login_code(code: str, minutes: int) -> str:
    """Word the code with which somebody logs in to the pages."""
    return f"登录小哨网页的验证码：{code}（{minutes} 分钟内有效，只能用一次）。不是您在登录就不用理会，也不要告诉别人。"


def on_the_web(address: str) -> str:
    """Word the link by which a case can be handled without writing in the chat."""
    return f"也可以点这里办理（只给您，请勿转发）：{address}"
