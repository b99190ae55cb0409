"""What PostgreSQL refuses, said in Chinese with what to do about it."""

from __future__ import annotations

import re

import psycopg

from bot.errors import LedgerError, LedgerFull

_BUSY = "账本 {where} 正被另一个程序占用，这次没有登记；请稍后再试"
_AWAY = "连不上账本数据库 {where}，没有登记；数据库恢复后会自动重连（检查数据库是否在运行、地址对不对）"
_REFUSED = "账本数据库 {where} 不让登录：请检查设置 data 里的用户名、密码"
_WORDS = {
    "23": "账本 {where} 同时被别的小哨改着，这次没有登记；请再试一次",
    "25006": "账本数据库 {where} 是只读的，没有登记；请连到主库，或检查数据库的只读设置",
    "28": _REFUSED,
    "3D": "账本数据库 {where} 不存在：先建一个空的数据库，例如 createdb xiaoshao",
    "40": _BUSY,
    "42501": "账本数据库 {where} 的这个用户没有权限：请用建表的那个用户，或给它建表和读写的权限",
    "53300": "账本数据库 {where} 的连接满了，没有登记；请关掉多余的连接，或调大 max_connections",
    "53400": _BUSY,
    "55P03": _BUSY,
    "57P01": _AWAY,
    "57P02": _AWAY,
    "57P03": _AWAY,
    "57P05": _AWAY,
    "25P03": _AWAY,
    "57014": _BUSY,
    "58030": "账本数据库 {where} 的磁盘出错，没有登记；请检查数据库服务器的磁盘",
    "08": _AWAY,
    "XX001": "账本数据库 {where} 已损坏，没有登记；请停下小哨，用最近的备份恢复",
    "XX002": "账本数据库 {where} 的索引已损坏，没有登记；请停下小哨，请管理员 REINDEX 或用最近的备份恢复",
}
_WITHOUT_STATE = (  # a connection that was never made tells no SQLSTATE
    (re.compile(r"database \".*\" does not exist"), _WORDS["3D"]),
    (re.compile(r"authentication failed|no password supplied|role \".*\" does not exist|pg_hba"), _REFUSED),
)


def explain(error: psycopg.Error, where: str) -> LedgerError:
    """Return the error to raise instead, with a Chinese sentence; ``where`` has no password in it."""
    state = error.sqlstate or ""
    if state == "53100":
        return LedgerFull(f"磁盘已满，没有登记；请在数据库 {where} 所在的磁盘腾出空间后重发")
    words = _WORDS.get(state) or _WORDS.get(state[:2])
    if words is None and not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        words = next((words for pattern, words in _WITHOUT_STATE if pattern.search(str(error))), _AWAY)
    if words is None:
        return LedgerError(f"账本 {where} 出错，没有登记（{error}）")
    return LedgerError(words.format(where=where))
