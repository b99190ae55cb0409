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


@pytest.mark.parametrize("address", ["postgresql://bot:secret@db/xiaoshao", "postgres://db/xiaoshao?sslmode=require"])
def test_the_ledger_may_be_at_an_address(folder: Path, address: str) -> None:
    (folder / "xiaoshao.toml").write_text(f'data = "{address}"\n', encoding="utf-8")
    assert load_settings(environment={}).data == address
    settings = load_settings(environment={"XIAOSHAO_DATA": address})
    assert (settings.data, settings.folder) == (address, Path("data"))
    assert load_settings(environment={"XIAOSHAO_DATA": "/var/bot/ledger.db"}).folder == Path("/var/bot")


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
        (
            'data = "mysql://db/bot"',
            "xiaoshao.toml：data 的值不能用：'mysql://db/bot'（写一个文件的路径，或 postgresql:// 开头的数据库地址）",
        ),
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


ON = 'second_opinion = "chat"\nsecond_opinion_url = "http://127.0.0.1:11434/v1"\nsecond_opinion_model = "small"\n'


def test_a_second_opinion_is_off_unless_switched_on(folder: Path) -> None:
    assert load_settings(environment={}).second_opinion == "off"
    (folder / "xiaoshao.toml").write_text(f"{ON}second_opinion_seconds = 1\n", encoding="utf-8")
    settings = load_settings(environment={"XIAOSHAO_SECOND_OPINION_SIMILARITY": "0.45"})
    assert (settings.second_opinion, settings.second_opinion_model) == ("chat", "small")
    assert (settings.second_opinion_seconds, settings.second_opinion_similarity) == (1.0, 0.45)
    assert load_settings(environment={"XIAOSHAO_SECOND_OPINION": "off"}).second_opinion == "off"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('second_opinion = "llm"', "second_opinion 的值不能用：'llm'（写 off、chat、embeddings 中的一个，两边加半角双引号）"),
        ("second_opinion = true", "second_opinion 的值不能用：True"),
        ('second_opinion = "chat"', "second_opinion_model 没有写"),
        ('second_opinion = "chat"', "second_opinion_url 没有写或不能用"),
        (ON.replace("http:", "ftp:"), "second_opinion_url 没有写或不能用"),
        (ON.replace("127.0.0.1:11434", "127.0.0.1:114340"), "second_opinion_url 没有写或不能用"),
        (ON + "second_opinion_seconds = 0", "second_opinion_seconds 要写大于 0、不超过 30 的秒数"),
        (ON + "second_opinion_seconds = inf", "second_opinion_seconds 的值不能用：inf（写一个数，例如 0.5）"),
        (ON + 'second_opinion_seconds = "2"', "second_opinion_seconds 的值不能用：'2'（写一个数，例如 0.5）"),
        (ON + "second_opinion_similarity = 60", "second_opinion_similarity 要写 0 到 1 的数"),
        (ON + "second_opinion_margin = -0.1", "second_opinion_margin 要写 0 到 1 的数"),
    ],
)
def test_a_fault_in_the_second_opinion_is_named_once(folder: Path, text: str, said: str) -> None:
    (folder / "xiaoshao.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettings) as refused:
        load_settings(environment={})
    assert str(refused.value).count(said) == 1


@pytest.mark.parametrize(
    "text",
    [
        ON + 'second_opinion_key_variable = "sk-Secret"',
        ON + 'second_opinion_key = "sk-Secret"',
        ON.replace("127.0.0.1", "user:sk-Secret@127.0.0.1"),
        ON.replace("/v1", "/v1?key=sk-Secret"),
    ],
)
def test_a_key_in_the_settings_is_refused_and_not_repeated(folder: Path, text: str) -> None:
    (folder / "xiaoshao.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettings) as refused:
        load_settings(environment={})
    assert "second_opinion_" in str(refused.value)
    assert "Secret" not in str(refused.value)


def test_the_variable_with_the_key_may_begin_as_the_settings_do(folder: Path) -> None:
    (folder / "xiaoshao.toml").write_text(f'{ON}second_opinion_key_variable = "XIAOSHAO_KEY"\n', encoding="utf-8")
    settings = load_settings(environment={"XIAOSHAO_KEY": "sk-Secret"})
    assert "Secret" not in repr(settings)
    with pytest.raises(InvalidSettings) as refused:
        load_settings(environment={"XIAOSHAO_OTHER": "sk-Secret"})
    assert "XIAOSHAO_OTHER" in str(refused.value) and "Secret" not in str(refused.value)


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    (folder / "xiaoshao.toml").write_bytes('bot_name = "小哨"'.encode("gbk"))
    with pytest.raises(InvalidSettings, match="不是 UTF-8 编码"):
        load_settings(environment={})


def test_all_faults_come_at_once(folder: Path) -> None:
    (folder / "xiaoshao.toml").write_text("prot = 1\nport = -1\n", encoding="utf-8")
    with pytest.raises(InvalidSettings) as refused:
        load_settings(environment={"XIAOSHAO_DEMO": "x"})
    assert len(str(refused.value).splitlines()) == 3
