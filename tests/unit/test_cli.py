"""The command line: what it prints, its JSON lines, and one clear Chinese message for every fault."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.matching.engine import Candidate, Judgement, Matcher
from tests import fake_endpoint

ROOT = Path(__file__).parent.parent.parent
KNOWLEDGE = str(ROOT / "tests" / "fixtures" / "knowledge")
FILES = ["--knowledge", KNOWLEDGE, "--routing", str(ROOT / "routing.yaml")]


@pytest.fixture(autouse=True)
def away_from_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run where no settings file is, with no variable of this machine."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("XIAOSHAO_")]:
        monkeypatch.delenv(name)


def converse(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], raw: bytes, *command: str) -> list[Any]:
    """Return the objects that a command with --jsonl writes for some bytes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    assert main([*command, "--jsonl", *FILES]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


class TestAsk:
    def test_prints_the_decision_with_its_reasons_and_the_answer(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", "新买的叉车去哪里上牌", *FILES]) == 0
        printed = capsys.readouterr().out
        assert "判断：直接回答" in printed
        assert "forklift-plate" in printed
        assert "部门：市场监管局" in printed
        assert "理由：\n  · " in printed
        assert "1. 先到特检院做首次检验。" in printed

    def test_json_lines_come_back_with_the_decision(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked = {"q": "新买的叉车去哪里上牌", "mine": [1, "二"]}
        (line,) = converse(monkeypatch, capsys, json.dumps(asked).encode(), "ask")
        assert line | asked == line
        assert (line["action"], line["id"], line["department"]) == ("answer", "forklift-plate", "samr")
        assert line["candidates"][0]["id"] == "forklift-plate"
        assert 0 < line["confidence"] <= 1
        assert line["reasons"] and all(isinstance(reason, str) for reason in line["reasons"])

    @pytest.mark.parametrize("mention", [(), ("--mention",)])
    def test_odd_lines_never_stop_it(
        self, mention: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        raw = b"\n".join(
            [
                b"\xef\xbb\xbf" + json.dumps({"q": "叉车怎么上牌"}).encode(),
                b"",
                b"not json",
                b'{"p": 1}',
                b'{"q": 3}',
                b'["q"]',
                b"\xff\xfe",
                b'{"q": NaN}',
                b'{"q": "\\ud800"}',
                b'{"q": ""}',
                b'{"q": ' + b"[" * 100_000,
                b'{"q": ' + b"9" * 10_000 + b"}",
                json.dumps({"q": "啊" * 100_000}).encode(),
                json.dumps({"q": "开票额度用完了怎么办"}).encode(),
            ]
        )
        lines = converse(monkeypatch, capsys, raw, "ask", *mention)
        assert lines[0]["action"] == "answer"
        assert [number for number, line in enumerate(lines) if "error" in line] == [1, 2, 3, 4, 5, 6, 9, 10]
        assert lines[1]["error"].startswith("第 3 行：不是一个 JSON 对象")
        assert lines[2] == {"p": 1, "error": "第 4 行：缺少“q”"}
        assert lines[3] == {"q": 3, "error": "第 5 行：“q”应当是文字"}
        assert lines[5]["error"] == "第 7 行：不是 UTF-8 编码"
        assert lines[-1]["id"] == "invoice-quota"

    def test_in_a_community_its_own_entry_answers(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        knowledge, routing = tmp_path / "faq", tmp_path / "routing.yaml"
        shutil.copytree(KNOWLEDGE, knowledge)
        own = ["id: quota-lingfeng", "title: 灵峰的开票额度", "department: tax", "answer: 先跟网格员说。", "source: 某法"]
        more = ["verified_on: 2026-11-20", "review_every: 180d", "communities: [灵峰]", "replaces: invoice-quota"]
        (knowledge / "灵峰.yaml").write_text("- " + "\n  ".join([*own, *more]) + "\n", encoding="utf-8")
        text = (ROOT / "routing.yaml").read_text(encoding="utf-8").split("\ntests:")[0]
        routing.write_text(
            text.replace(
                "\nrooms:",
                "\n  大碶: {rooms: [大碶群], duty: 社区值班, team: 服务队值班, grids: {}}\nrooms:\n  大碶群: {kind: mutual-aid}",
                1,
            ),
            encoding="utf-8",
        )
        files = ["--knowledge", str(knowledge), "--routing", str(routing)]
        quota, plate = "发票额度不够怎么调", "新买的叉车去哪里上牌"
        lines = [
            {"q": quota},
            {"q": quota, "community": "灵峰"},
            {"q": plate, "community": "大碶"},
            {"q": plate, "community": "大其"},
        ]
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(map(json.dumps, lines)).encode())))
        assert main(["ask", "--jsonl", *files]) == 0
        district, local, elsewhere, unknown = (json.loads(line) for line in capsys.readouterr().out.splitlines())
        assert (district["id"], local["id"]) == ("invoice-quota", "quota-lingfeng")
        assert local["candidates"][0]["id"] == "quota-lingfeng"
        assert "灵峰用自己的条目「灵峰的开票额度（quota-lingfeng，代替 invoice-quota）」" in local["reasons"]
        assert (elsewhere["action"], elsewhere["id"]) == ("open", None)  # the entry is for 灵峰 only
        assert "没有社区“大其”" in unknown["error"]
        assert main(["ask", quota, "--community", "灵峰", *files]) == 0
        printed = capsys.readouterr().out
        assert "条目：quota-lingfeng" in printed and "先跟网格员说。" in printed

    def test_needs_a_question_or_lines_not_both(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["ask", *FILES]) == 1
        assert main(["ask", "叉车", "--jsonl", *FILES]) == 1
        assert capsys.readouterr().err.count("两者选一个") == 2


class TestAskWithASecondOpinion:
    UNSURE = "叉车的事怎么弄"

    @pytest.fixture(autouse=True)
    def in_two_minds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        candidates = (Candidate("forklift-plate", 0.4), Candidate("invoice-quota", 0.3))
        unsure = Judgement("offer", candidates, 0.9, "statement", (), ("forklift-plate", "invoice-quota"))
        monkeypatch.setattr(Matcher, "judge", lambda self, text, *, mentioned=False: unsure)

    @pytest.fixture
    def endpoint(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_endpoint.FakeEndpoint]:
        with fake_endpoint.running(fake_endpoint.says({"choice": 1})) as running:
            monkeypatch.setenv("XIAOSHAO_SECOND_OPINION", "chat")
            monkeypatch.setenv("XIAOSHAO_SECOND_OPINION_URL", running.base)
            monkeypatch.setenv("XIAOSHAO_SECOND_OPINION_MODEL", "small")
            monkeypatch.setenv("XIAOSHAO_SECOND_OPINION_SECONDS", "30")
            yield running

    def test_its_reason_is_printed_and_its_use_counted(
        self, endpoint: fake_endpoint.FakeEndpoint, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["ask", self.UNSURE, *FILES]) == 0
        printed = capsys.readouterr()
        assert "  · 第二意见（small）：选「" in printed.out and "排在选项第一" in printed.out
        assert printed.err == "第二意见：问了 1 次，选了 1，弃权 0，失败 0，没有问 0\n"

    def test_a_failing_endpoint_changes_nothing_but_the_count(
        self,
        endpoint: fake_endpoint.FakeEndpoint,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        endpoint.answer = fake_endpoint.sends(500, b"")
        assert main(["ask", self.UNSURE, *FILES]) == 0
        failed = capsys.readouterr()
        monkeypatch.setenv("XIAOSHAO_SECOND_OPINION", "off")
        assert main(["ask", self.UNSURE, *FILES]) == 0
        assert failed.out == capsys.readouterr().out
        assert "失败 1（对方出错 1）" in failed.err
        assert len(endpoint.requests) == 1


class TestRoute:
    def test_prints_who_is_asked_when_and_why(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["route", "车间着火了快来人", "--at", "2026-02-14 03:00", *FILES]) == 0
        printed = capsys.readouterr().out
        assert printed.startswith("提问：2026-02-14 周六 03:00\n路由：危险")
        assert "第 1 级 " in printed
        assert "03:00，" in printed
        assert "危及生命" in printed

    def test_json_lines(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        raw = json.dumps(
            {"q": "发票额度不够怎么调", "at": "2026-11-18 09:55", "room": "安全生产互助协会", "enterprise": "泰准金属"}
        )
        bad = ['{"q": "x", "at": "明天"}', '{"q": "x", "room": "没有这个群"}', '{"q": "x", "at": 5}']
        line, *refused = converse(monkeypatch, capsys, "\n".join([raw, *bad]).encode(), "route")
        assert (line["department"], line["id"]) == ("tax", "invoice-quota")
        assert line["tiers"][0]["dispatch_at"] == "2026-11-18T09:55:00+08:00"
        assert line["tiers"][0]["assignee"] == "税务局联络员"
        assert all(tier["acknowledge_by"] <= tier["answer_by"] for tier in line["tiers"])
        assert ["error" in line for line in refused] == [True, True, True]
        assert "看不懂时间“明天”" in refused[0]["error"]
        assert "没有群“没有这个群”" in refused[1]["error"]

    def test_a_time_nobody_understands(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["route", "税怎么交", "--at", "下周", *FILES]) == 1
        assert capsys.readouterr().err == "看不懂时间“下周”，写成 2026-02-14 09:00 的样子\n"


class TestCheck:
    def test_all_problems_of_both_places_sorted(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        knowledge = tmp_path / "faq"
        knowledge.mkdir()
        (knowledge / "税务.yaml").write_text("- id: a\n  title：b\n- id: B\n  answr: x\n", encoding="utf-8")
        routing = tmp_path / "routing.yaml"
        routing.write_text("timezone: Asia/Shanghai\nladdres: {}\n", encoding="utf-8")
        assert main(["check", "--knowledge", str(knowledge), "--routing", str(routing)]) == 1
        *problems, total = capsys.readouterr().out.splitlines()
        assert problems[0].startswith(f"{knowledge / '税务.yaml'}:2：“title”后面是全角冒号")
        assert any(line.startswith(f"{routing}:2：") and "laddres" in line for line in problems)
        assert total == f"共 {len(problems)} 个问题要改。"

    def test_sound_files_pass_with_one_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        routing = tmp_path / "routing.yaml"
        routing.write_text((ROOT / "routing.yaml").read_text(encoding="utf-8").split("\ntests:")[0], encoding="utf-8")
        files = ["--knowledge", KNOWLEDGE, "--routing", str(routing)]
        assert main(["check", *files]) == 0
        passed = capsys.readouterr().out.splitlines()[-1]
        assert passed.startswith("全部通过：3 个条目、9 种问法、2 句不该答的、0 个路由用例；")
        assert main(["check", "--todo", *files]) == 0
        assert f"待办 {KNOWLEDGE}/叉车.yaml:23：条目 forklift-plate 待办：窗口电话待核实" in capsys.readouterr().out.splitlines()

    def test_a_phrasing_in_two_minds_is_found_with_its_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        knowledge = tmp_path / "faq"
        shutil.copytree(KNOWLEDGE, knowledge)
        taxes = knowledge / "税务.yaml"
        taxes.write_text(
            taxes.read_text(encoding="utf-8").replace("- 开票额度用完了怎么办", "- 新买的叉车去哪里上牌呀"), encoding="utf-8"
        )
        assert main(["check", "--knowledge", str(knowledge), *FILES[2:]]) == 1
        assert f"{taxes}:6：问法“新买的叉车去哪里上牌呀”找不到本条 invoice-quota" in capsys.readouterr().out

    def test_missing_files_are_two_clear_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["check", "--knowledge", "nowhere", "--routing", "nowhere.yaml"]) == 1
        problems = capsys.readouterr().out.splitlines()
        assert [line.split("：")[0] for line in problems[:2]] == ["nowhere", "nowhere.yaml"]


class TestEval:
    def test_prints_the_figures(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        lines = {
            "asks": [{"q": "叉车怎么上牌", "id": "forklift-plate"}, {"q": "发票额度不够怎么调", "id": "forklift-plate"}],
            "chatter": [{"q": "大家早上好", "kind": "greeting"}],
            "routes": [{"q": "印花税怎么交", "department": "tax"}],
        }
        for name, listed in lines.items():
            text = "\n".join(json.dumps(line, ensure_ascii=False) for line in listed)
            (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
        assert main(["eval", str(tmp_path), *FILES]) == 0
        printed = [line.replace("　", "") for line in capsys.readouterr().out.splitlines()]
        assert printed[:3] == ["提问 2 句", "  答对1/2（50.0%）", "  答错1/2（50.0%）"]
        assert "  greeting：回答了 0/1（0.0%），给了选项 0/1（0.0%），当成诉求 0/1（0.0%）" in printed
        assert any(line.startswith("  部门第一名对1/1（100.0%）") for line in printed)
        assert printed[-1] == "  forklift-plate → invoice-quota1 次，例如：发票额度不够怎么调"

    def test_one_file_is_enough(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "chatter.jsonl").write_text('{"q": "早", "kind": "greeting"}\n\n', encoding="utf-8")
        assert main(["eval", str(tmp_path), *FILES]) == 0
        assert capsys.readouterr().out.startswith("提问 0 句")

    def test_every_bad_line_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        asks = tmp_path / "asks.jsonl"
        asks.write_bytes(b'{"q": "a", "id": "x"}\nnonsense\n{"q": "b"}\n\xff\n')
        assert main(["eval", str(tmp_path), *FILES]) == 1
        said = capsys.readouterr().err.splitlines()
        assert [line.split("：")[0] for line in said] == [f"{asks}:{number}" for number in (2, 3, 4)]
        assert "缺少“id”" in said[1]

    def test_a_folder_without_the_files(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["eval", str(tmp_path / "nowhere"), *FILES]) == 1
        assert "文件夹里没有 asks.jsonl、chatter.jsonl、routes.jsonl" in capsys.readouterr().err


class TestFaults:
    def test_broken_files_stop_every_command_with_their_problems(self, capsys: pytest.CaptureFixture[str]) -> None:
        for command in (["ask", "叉车"], ["route", "叉车"], ["eval", "."]):
            assert main([*command, "--knowledge", "nowhere", *FILES[2:]]) == 1
            captured = capsys.readouterr()
            assert captured.err.startswith("nowhere：没有这个知识文件夹")
            assert captured.out == ""

    def test_bad_settings(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        monkeypatch.setenv("XIAOSHAO_PORT", "八千")
        assert main(["check"]) == 1
        assert capsys.readouterr().err.startswith("环境变量 XIAOSHAO_PORT 的值不能用")

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["chekc"], "没有 chekc 这个命令"),
            (["check", "--know", "x"], "没有 --know 这个选项"),
            (["eval"], "缺少 "),
            (["check", "--knowledge"], "后面缺少内容"),
            (["ask", "一句", "两句"], "多出来的内容"),
        ],
    )
    def test_a_mistyped_command(self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(arguments) == 2
        captured = capsys.readouterr()
        assert captured.err.startswith(f"命令写错了：{said}") or said in captured.err
        assert "Traceback" not in captured.err

    def test_a_pipe_gets_utf8_in_any_locale_and_may_be_closed_early(self) -> None:
        environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        command = [sys.executable, "-c", "import sys; from bot.cli import main; sys.exit(main())", "ask", "--jsonl", *FILES]
        question = json.dumps({"q": "叉车怎么上牌"}, ensure_ascii=False).encode() + b"\n"
        done = subprocess.run(command, input=question, capture_output=True, env=environment, cwd=ROOT, timeout=60, check=True)
        assert json.loads(done.stdout.decode("utf-8"))["id"] == "forklift-plate"
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        ) as talking:
            assert talking.stdin and talking.stdout and talking.stderr
            talking.stdin.write(question)
            talking.stdin.flush()
            assert json.loads(talking.stdout.readline())["action"] == "answer"  # at once, before the input ends
            talking.stdout.close()
            talking.stdin.write(question)
            talking.stdin.close()
            assert talking.wait(timeout=60) == 1
            assert talking.stderr.read() == b""
