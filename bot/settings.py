"""Settings of one installation: a TOML file, overruled by environment variables XIAOSHAO_*."""

from __future__ import annotations

import math
import os
import re
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from rapidfuzz import fuzz, process

from bot.errors import InvalidSettings

PREFIX = "XIAOSHAO_"
FILE_VARIABLE = "XIAOSHAO_SETTINGS"
KEY_VARIABLE = "XIAOSHAO_SECOND_OPINION_KEY_VARIABLE"
DEFAULT_FILE = Path("xiaoshao.toml")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between installations; a new setting is a new field here.

    Paths in the settings file start from the file's own folder, all others from the working folder. Port 0: any free port.
    ``second_opinion_key_variable`` names the environment variable that holds the key; the key itself is in no setting.
    """

    data: Path | str = Path("data/xiaoshao.db")  # a file, or the address of a PostgreSQL database
    knowledge: Path = Path("knowledge")
    routing: Path = Path("routing.yaml")
    host: str = "127.0.0.1"
    port: int = 8700
    bot_name: str = "小哨"
    demo: bool = True  # a clock that can be pushed forward on the page
    public_url: str = ""  # where contacts' phones reach the pages, e.g. https://xiaoshao.example; "": links are left out
    keep_people_days: int = 365  # after so many days askers of finished cases and what was said become anonymous; 0: never
    judge_ahead: bool = False  # messages are judged in a process of their own: for thousands a minute and a core to spare
    channel: Literal["page", "wechaty"] = "page"
    wechaty_accepts: bool = False  # friend requests, and invitations into groups of routing.yaml
    wechaty_gap_seconds: float = 1.5  # between two messages of the account, on average; 0: no limit
    wechaty_room_gap_seconds: float = 3.0  # the same for each group
    wechaty_call_seconds: float = 10.0  # how long an answer of the gateway may take
    wechaty_ping_seconds: float = 10.0  # how often the gateway is asked for a sign of life
    wechaty_settle_seconds: float = 20.0  # how long a connection must hold before a gap counts as over
    wechaty_other_bot_seconds: float = 60.0  # how long another bot on the gateway is waited for
    second_opinion: Literal["off", "chat", "embeddings"] = "off"
    second_opinion_url: str = ""
    second_opinion_model: str = ""
    second_opinion_key_variable: str = ""
    second_opinion_seconds: float = 2.0
    second_opinion_similarity: float = 0.6  # cosine (0-1) to the nearest entry, under which embeddings abstain
    second_opinion_margin: float = 0.03  # and its lead on the next entry

    @property
    def folder(self) -> Path:
        """Return where this machine keeps what can be made again."""
        return self.data.parent if isinstance(self.data, Path) else Path("data")


_KINDS: Mapping[str, Any] = typing.get_type_hints(Settings)
_DATABASES = ("postgresql://", "postgres://")
_WORDS = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}


def load_settings(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this installation.

    ``file`` wins over XIAOSHAO_SETTINGS, which wins over xiaoshao.toml; only that last one may be missing.
    ``environment`` is the process's own unless given; an empty variable counts as not set. Raises ``InvalidSettings`` with
    every fault found, one a line.
    """
    environment = os.environ if environment is None else environment
    named = file or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    faults: list[str] = []
    values = _from_file(named or DEFAULT_FILE, faults, may_be_missing=named is None)
    key_variable = environment.get(KEY_VARIABLE, "").strip() or str(values.get("second_opinion_key_variable"))
    values |= _from_environment(environment, faults, key_variable)
    faults += _range_faults(values)
    if faults:
        raise InvalidSettings("\n".join(faults))
    return Settings(**values)


def _from_file(path: Path, faults: list[str], *, may_be_missing: bool) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if not may_be_missing:
            faults.append(f"{path}：找不到这个设置文件（检查 --settings 或环境变量 {FILE_VARIABLE}）")
        return {}
    except OSError as error:
        faults.append(f"{path}：读不了这个设置文件（{error.strerror}）")
        return {}
    except UnicodeDecodeError:
        faults.append(f"{path}：设置文件不是 UTF-8 编码（另存为 UTF-8）")
        return {}
    except tomllib.TOMLDecodeError as error:
        faults.append(
            f'{path}：设置文件格式有误：{error}（每行写成 port = 8700 的样子，文字要加半角双引号，例如 host = "127.0.0.1"）'
        )
        return {}
    values: dict[str, Any] = {}
    for key, raw in table.items():
        if key not in _KINDS:
            faults.append(f"{path}：不认得设置“{key}”（{_did_you_mean(key, list(_KINDS))}）")
            continue
        value = _typed(f"{path}：{key}", raw, _KINDS[key], faults)
        values[key] = path.parent / value if isinstance(value, Path) else value
    return values


def _from_environment(environment: Mapping[str, str], faults: list[str], key_variable: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    variables = {f"{PREFIX}{key.upper()}": key for key in _KINDS}
    for variable, raw in environment.items():
        if variable in variables and raw.strip():
            key = variables[variable]
            values[key] = _typed(f"环境变量 {variable}", _read_word(raw, _KINDS[key]), _KINDS[key], faults)
        elif variable.startswith(PREFIX) and variable not in (FILE_VARIABLE, key_variable, *variables):
            faults.append(f"不认得环境变量 {variable}（{_did_you_mean(variable, [*variables, FILE_VARIABLE])}）")
    return values


def ledger_at(text: str) -> Path | str:
    """Return what a person wrote about where the ledger is: a file, or the address of a database as it stands."""
    return text.strip() if text.strip().startswith(_DATABASES) else Path(text).expanduser()


def _read_word(raw: str, kind: Any) -> Any:
    """Return a variable's text as the TOML file would have it; what does not fit stays text, to be refused by ``_typed``."""
    raw = raw.strip()
    if kind is bool:
        return _WORDS.get(raw.lower(), raw)
    if kind is int and raw.isascii() and raw.isdigit():
        return int(raw)
    if kind is float:
        try:
            return float(raw)
        except ValueError:
            return raw
    return raw


def _typed(where: str, raw: Any, kind: Any, faults: list[str]) -> Any:
    if kind is bool:
        fits, mend = isinstance(raw, bool), "写 true 或 false"
    elif kind is int:
        fits, mend = isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= 65535, "写 0 到 65535 的整数"
    elif kind is float:
        fits, mend = isinstance(raw, int | float) and not isinstance(raw, bool) and math.isfinite(raw), "写一个数，例如 0.5"
    elif typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        fits, mend = raw in choices, f"写 {'、'.join(choices)} 中的一个，两边加半角双引号"
    elif kind == Path | str and isinstance(raw, str) and "://" in raw:
        fits, mend = raw.strip().startswith(_DATABASES), "写一个文件的路径，或 postgresql:// 开头的数据库地址"
    else:
        fits, mend = isinstance(raw, str) and bool(raw.strip()), "写一段不为空的文字，两边加半角双引号"
    if not fits:
        faults.append(f"{where} 的值不能用：{raw!r}（{mend}）")
        return None
    if kind is float:
        return float(raw)
    if kind == Path | str:
        return ledger_at(raw)
    return Path(raw).expanduser() if kind is Path else raw


def _range_faults(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with settings that are well typed; those that are not (None) have been named already."""
    settings = Settings(**{key: value for key, value in values.items() if value is not None})
    switched_on = settings.second_opinion != "off"
    checks = {
        "second_opinion_seconds": (0 < settings.second_opinion_seconds <= 30, "要写大于 0、不超过 30 的秒数"),
        "wechaty_gap_seconds": (0 <= settings.wechaty_gap_seconds <= 3600, "要写 0 到 3600 的秒数"),
        "wechaty_room_gap_seconds": (0 <= settings.wechaty_room_gap_seconds <= 3600, "要写 0 到 3600 的秒数"),
        "wechaty_call_seconds": (0 < settings.wechaty_call_seconds <= 60, "要写大于 0、不超过 60 的秒数"),
        "wechaty_ping_seconds": (0 < settings.wechaty_ping_seconds <= 600, "要写大于 0、不超过 600 的秒数"),
        "wechaty_settle_seconds": (0 <= settings.wechaty_settle_seconds <= 3600, "要写 0 到 3600 的秒数"),
        "wechaty_other_bot_seconds": (0 <= settings.wechaty_other_bot_seconds <= 3600, "要写 0 到 3600 的秒数"),
        "second_opinion_similarity": (0 <= settings.second_opinion_similarity <= 1, "要写 0 到 1 的数"),
        "second_opinion_margin": (0 <= settings.second_opinion_margin <= 1, "要写 0 到 1 的数"),
        "public_url": (
            not settings.public_url or _is_base_address(settings.public_url),
            '要写从手机上打得开的网址，不带用户名、密码和问号，例如 "https://xiaoshao.example"',
        ),
        # The value is not repeated: somebody may have written the key itself, or one into the address.
        "second_opinion_key_variable": (
            re.fullmatch("([A-Z][A-Z0-9_]*)?", settings.second_opinion_key_variable),
            "要写环境变量的名字（大写字母、数字、下划线），密钥本身只放在那个环境变量里",
        ),
        "second_opinion_model": (
            settings.second_opinion_model or not switched_on,
            "没有写：second_opinion 打开了，要写对方的模型名",
        ),
        "second_opinion_url": (
            _is_base_address(settings.second_opinion_url) or not switched_on,
            '没有写或不能用：second_opinion 打开了，要写接口的基础地址，不带用户名、密码和问号，例如 "http://127.0.0.1:11434/v1"',
        ),
    }
    known_bad = {key for key, value in values.items() if value is None}
    return [f"{key} {mend}" for key, (sound, mend) in checks.items() if not sound and key not in known_bad]


def _is_base_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        well_formed = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.username or parts.password or parts.query or parts.fragment)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and plain and well_formed and not re.search(r"\s", url)


def _did_you_mean(word: str, known: list[str]) -> str:
    found = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=60)
    return f"是不是想写“{found[0]}”？" if found else f"可用的有：{'、'.join(known)}"
