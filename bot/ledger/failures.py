"""What SQLite refuses, said in Chinese with what to do about it."""

from __future__ import annotations

import errno
import sqlite3

from bot.errors import LedgerError, LedgerFull

_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE})
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_WORDS = {
    sqlite3.SQLITE_BUSY: "账本 {path} 正被另一个程序占用，这次没有登记；请关掉占用它的程序（备份、数据库工具或另一个小哨）后再试",
    sqlite3.SQLITE_LOCKED: "账本 {path} 被锁住了，这次没有登记；请稍后再试",
    sqlite3.SQLITE_READONLY: "账本 {path} 是只读的，没有登记；请检查文件和所在文件夹的写权限",
    sqlite3.SQLITE_PERM: "没有权限读写账本 {path}；请检查文件和所在文件夹的权限",
    sqlite3.SQLITE_CANTOPEN: "打不开账本 {path}；请检查路径是否存在、文件和所在文件夹是否可写",
    sqlite3.SQLITE_CORRUPT: "账本 {path} 已损坏，没有登记；请停下小哨，用最近的备份恢复",
    sqlite3.SQLITE_NOTADB: "{path} 不是小哨的账本文件；请检查设置里的路径，或用最近的备份恢复",
    sqlite3.SQLITE_IOERR: "读写账本 {path} 时磁盘出错，没有登记；请检查磁盘",
}


def explain(error: sqlite3.Error, path: str) -> LedgerError:
    """Return the error to raise instead, with a Chinese sentence."""
    code = getattr(error, "sqlite_errorcode", 0) or 0
    if code in _FULL:
        return full(path)
    words = _WORDS.get(code & 0xFF)
    if words is None:
        return LedgerError(f"账本 {path} 出错，没有登记（{error}）")
    return LedgerError(words.format(path=path))


def explain_system(error: OSError, path: str) -> LedgerError:
    """Return the error to raise instead of one of the operating system's."""
    if is_full(error):
        return full(path)
    return LedgerError(f"打不开账本 {path}：{error.strerror or error}；请检查路径和写权限")


def is_full(error: OSError) -> bool:
    """Tell whether the operating system says that there is no room."""
    return error.errno in _NO_SPACE


def full(path: str) -> LedgerFull:
    """Return the error that says that there is no room."""
    return LedgerFull(f"磁盘已满，没有登记；请在 {path} 所在的磁盘腾出空间后重发")
