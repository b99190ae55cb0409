"""The command line ``xiaoshao``: one module a command; every error is one clear Chinese message, never a traceback."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module

import typer
from typer.exceptions import TyperException

from bot.errors import XiaoshaoError

_COMMANDS = {
    "run": "run",
    "ask": "ask",
    "route": "route",
    "check": "check",
    "replay": "replay",
    "eval": "evaluate",
    "questions": "questions",
    "candidates": "candidates",
    "report": "report",
    "history": "history",
    "export": "export",
    "import": "import_",
    "bind": "bind",
    "password": "password",
    "forget": "forget",
    "channels": "channels",
    "directory": "directory",
    "backup": "backup",
    "restore": "restore",
    "verify": "verify",
    "move": "move",
    "simulate": "simulate",
}
"""The commands in the order of the help, and the function of each, which has the name of its module."""

_USAGE = (
    (re.compile(r"No such option: (\S+)"), "没有 {} 这个选项"),
    (re.compile(r"No such command '([^']*)'"), "没有 {} 这个命令"),
    (re.compile(r"Missing parameter: (\S+)"), "缺少 {}"),
    (re.compile(r"Missing (?:argument|option) '(.*)'"), "缺少 {}"),
    (re.compile(r"Option '?(\S+?)'? requires an argument"), "选项 {} 后面缺少内容"),
    (re.compile(r"Got unexpected extra argument(?:\(s\)|s?) \((.*)\)"), "多出来的内容：{}（一句话里有空格时用引号括起来）"),
    (re.compile(r"(?:File|Directory|Path) '(.*)' does not exist"), "找不到 {}"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code.

    0: done; 1: a fault that was named, or the reader of our output left; 2: a mistyped command; 130: interrupted.
    """
    _force_utf8()
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = _program(given)(args=given, prog_name="xiaoshao", standalone_mode=False)
        sys.stdout.flush()
    except XiaoshaoError as error:
        return _fail(str(error), 1)
    except TyperException as error:
        text = error.format_message()
        return _fail(f"命令写错了：{_in_chinese(text)}（用 xiaoshao --help 看用法）", 2) if text else error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return _fail("已中断", 130)
    except BrokenPipeError:  # the reader of our output went away, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        name = f"{error.filename}：" if error.filename else ""
        return _fail(f"{name}{error.strerror or error}", 1)
    return code if isinstance(code, int) else 0


def _program(arguments: Sequence[str]) -> typer.Typer:
    """Return the program with the command that is called, or with all: loading them all would cost each half a second."""
    program = typer.Typer(
        name="xiaoshao",
        help="小哨：园区企业微信群里的问答与转办机器人。",
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    program.callback()(_nothing)
    for command in [name for name in arguments[:1] if name in _COMMANDS] or _COMMANDS:
        loaded = getattr(import_module(f"bot.cli.{_COMMANDS[command]}"), _COMMANDS[command])
        if isinstance(loaded, typer.Typer):
            program.add_typer(loaded, name=command)
        else:
            program.command(command)(loaded)
    return program


def _nothing() -> None:
    """小哨：园区企业微信群里的问答与转办机器人。"""


def _force_utf8() -> None:
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's stream may have none
        if reconfigure:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _fail(message: str, code: int) -> int:
    print(message, file=sys.stderr, flush=True)
    return code


def _in_chinese(message: str) -> str:
    for pattern, words in _USAGE:
        found = pattern.search(message)
        if found:
            return words.format(found[1])
    return message
