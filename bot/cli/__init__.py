"""The command line ``xiaoshao``: one module a command; every error is one clear Chinese message, never a traceback."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from bot.cli.ask import ask
from bot.cli.bind import bind
from bot.cli.candidates import candidates
from bot.cli.channels import channels
from bot.cli.check import check
from bot.cli.directory import directory
from bot.cli.evaluate import evaluate
from bot.cli.export import export
from bot.cli.history import history
from bot.cli.import_ import import_
from bot.cli.questions import questions
from bot.cli.replay import replay
from bot.cli.route import route
from bot.cli.run import run
from bot.errors import XiaoshaoError

app = typer.Typer(
    name="xiaoshao",
    help="小哨：园区企业微信群里的问答与转办机器人。",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("run")(run)
app.command("ask")(ask)
app.command("route")(route)
app.command("check")(check)
app.command("replay")(replay)
app.command("eval")(evaluate)
app.command("questions")(questions)
app.command("candidates")(candidates)
app.command("history")(history)
app.command("export")(export)
app.command("import")(import_)
app.command("bind")(bind)
app.command("channels")(channels)
app.add_typer(directory, name="directory")

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
    try:
        code = app(args=None if arguments is None else list(arguments), prog_name="xiaoshao", standalone_mode=False)
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
