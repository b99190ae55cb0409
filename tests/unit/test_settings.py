"""Settings: defaults, a TOML file, the environment over it, and every fault named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import InvalidSettings
from bot.settings import Settings, load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_file_the_defaults_hold(folder: Path) -> None:
    assert load_settings(environment={}) == Settings()
    assert Settings().port == 8700


def test_a_file_in_the_working_folder_is_found(folder: Path) -> None:
    (folder / "xiaoshao.toml").write_text('port = 9000\nbot_name = "小助手"\ndemo = false\n', encoding="utf-8")
    assert load_settings(environment={}) == Settings(port=9000, bot_name="小助手", demo=False)


def test_paths_in_a_file_start_from_its_folder(folder: Path) -> None:
    file = folder / "etc" / "bot.toml"
    file.parent.mkdir()
    file.write_text('knowledge = "faq"\ndata = "/var/xiaoshao.db"\n', encoding="utf-8")
    settings = load_settings(file, {})
    assert settings.knowledge == file.parent / "faq"
    assert settings.data == Path("/var/xiaoshao.db")
    assert settings.routing == Path("routing.yaml")


def test_the_environment_wins_and_the_option_names_the_file(folder: Path) -> None:
    (folder / "a.toml").write_text("port = 1\n", encoding="utf-8")
    (folder / "b.toml").write_text('port = 2\nhost = "b"\n', encoding="utf-8")
    environment = {
        "XIAOSHAO_SETTINGS": "a.toml",
        "XIAOSHAO_KNOWLEDGE": "faq",
        "XIAOSHAO_DEMO": "否",
        "XIAOSHAO_HOST": "",
        "HOME": "/",
    }
    assert load_settings(environment=environment) == Settings(port=1, knowledge=Path("faq"), demo=False)
    assert load_settings(Path("b.toml"), {**environment, "XIAOSHAO_PORT": "3"}).port == 3
    assert load_settings(Path("b.toml"), environment).host == "b"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "xiaoshao.toml：不认得设置“prot”（是不是想写“port”？）"),
        ("port = 99999", "xiaoshao.toml：port 的值不能用：99999（写 0 到 65535 的整数）"),
        ("port = true", "xiaoshao.toml：port 的值不能用：True"),
        ('demo = "yes"', "xiaoshao.toml：demo 的值不能用：'yes'（写 true 或 false）"),
        ('host = ""', "xiaoshao.toml：host 的值不能用：''"),
        ("host = 127.0.0.1", "xiaoshao.toml：设置文件格式有误"),
        ("port：9000", "xiaoshao.toml：设置文件格式有误"),
    ],
)
def test_a_fault_in_the_file_is_named(folder: Path, text: str, said: str) -> None:
    (folder / "xiaoshao.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettings) as refused:
        load_settings(environment={})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("XIAOSHAO_PORT", "八千", "环境变量 XIAOSHAO_PORT 的值不能用：'八千'（写 0 到 65535 的整数）"),
        ("XIAOSHAO_DEMO", "maybe", "环境变量 XIAOSHAO_DEMO 的值不能用：'maybe'"),
        ("XIAOSHAO_PROT", "1", "不认得环境变量 XIAOSHAO_PROT（是不是想写“XIAOSHAO_PORT”？）"),
        ("XIAOSHAO_SETTINGS", "nowhere.toml", "nowhere.toml：找不到这个设置文件"),
    ],
)
def test_a_fault_in_the_environment_is_named(folder: Path, variable: str, value: str, said: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        load_settings(environment={variable: value})
    assert said in str(refused.value)


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    (folder / "xiaoshao.toml").write_bytes('bot_name = "小哨"'.encode("gbk"))
    with pytest.raises(InvalidSettings, match="不是 UTF-8 编码"):
        load_settings(environment={})


def test_all_faults_come_at_once(folder: Path) -> None:
    (folder / "xiaoshao.toml").write_text("prot = 1\nport = -1\n", encoding="utf-8")
    with pytest.raises(InvalidSettings) as refused:
        load_settings(environment={"XIAOSHAO_DEMO": "x"})
    assert len(str(refused.value).splitlines()) == 3
