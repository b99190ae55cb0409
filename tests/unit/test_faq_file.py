"""The FAQ files are read whole: sound ones into a Library, broken ones into every problem with its line and mend."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.errors import InvalidFiles, Problem
from bot.library.faq_file import SCHEMA, load_library, read_library
from bot.model import WhenStale

FIXTURE = Path(__file__).parent.parent / "fixtures" / "knowledge"
SHIPPED = Path(__file__).parent.parent.parent / "knowledge"

ENTRY = """\
- id: forklift-plate
  title: 新叉车上牌
  department: samr
  questions:
  - 叉车怎么上牌
  - 叉车去哪里上牌
  answer: 先检验，再登记。
  source: 《特种设备安全法》第三十三条
  verified_on: 2026-11-20
  review_every: 180d
"""
OTHER = ENTRY.replace("forklift-plate", "crane-plate").replace("叉车", "行车")


def problems_of(folder: Path, text: str | bytes, *, departments: tuple[str, ...] | None = None) -> list[Problem]:
    """Return the problems of a folder with one file, which must be refused."""
    (folder / "叉车.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidFiles) as refused:
        load_library(folder, departments=departments)
    return list(refused.value.problems)


def brief(problems: list[Problem]) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in problems]


class TestSoundFiles:
    def test_every_field_is_read_with_its_type(self) -> None:
        entry = load_library(FIXTURE, departments=["samr", "tax"]).entries["forklift-plate"]
        assert entry.title == "新叉车上牌"
        assert entry.theme == "叉车"
        assert entry.questions[0] == "新买的叉车去哪里上牌"
        assert entry.not_this == ("哪里有便宜的二手叉车",)
        assert entry.answer.splitlines()[1] == "1. 先到特检院做首次检验。"
        assert entry.parts["材料"] == "合格证、检验报告、营业执照。"
        assert entry.verified_on == date(2026, 11, 20)
        assert entry.review_every == timedelta(days=180)
        assert entry.communities == ("灵峰",)
        assert entry.todo == ("窗口电话待核实",)
        assert entry.stale is WhenStale.NOTICE

    def test_omitted_fields_take_the_defaults_of_the_dataclass(self) -> None:
        entry = load_library(FIXTURE).entries["invoice-quota"]
        assert (entry.parts, entry.communities, entry.todo, entry.stale) == ({}, (), (), WhenStale.NOTICE)

    def test_the_schema_is_that_of_the_dataclass(self) -> None:
        required = {name for name, field in SCHEMA.items() if field.required}
        assert required == {"id", "title", "department", "questions", "answer", "source", "verified_on", "review_every"}
        assert "theme" not in SCHEMA

    def test_words_chatter_and_departments(self) -> None:
        library = load_library(FIXTURE)
        assert library.synonyms == {"上牌": ("挂牌", "上户")}
        assert library.dictionary == {"叉车证": 1000, "数电票": 0}
        assert library.confusions == {"插车": "叉车"}
        assert library.chatter == {"greeting": ("大家早上好", "[太阳] 早"), "thanks": ("谢谢",)}
        assert library.departments["tax"].words == ("发票", "增值税")
        assert library.departments["samr"].questions == ()
        assert library.general_questions == ("园区附近哪里能打印",)
        assert "general" not in library.departments

    def test_words_chatter_and_departments_may_be_missing(self, tmp_path: Path) -> None:
        (tmp_path / "叉车.yaml").write_text(ENTRY, encoding="utf-8")
        library = load_library(tmp_path)
        assert list(library.entries) == ["forklift-plate"]
        assert not (library.synonyms or library.chatter or library.departments or library.general_questions)

    def test_scalars_stay_what_was_typed(self, tmp_path: Path) -> None:
        text = ENTRY.replace("- 叉车怎么上牌", "- no\n  - 12:30\n  - 0x1F\n  - 2026-01-01\n  - 1e3")
        (tmp_path / "叉车.yaml").write_text(text, encoding="utf-8")
        questions = load_library(tmp_path).entries["forklift-plate"].questions
        assert questions[:5] == ("no", "12:30", "0x1F", "2026-01-01", "1e3")

    def test_notepads_byte_order_mark_and_line_ends_do_no_harm(self, tmp_path: Path) -> None:
        (tmp_path / "叉车.yaml").write_bytes(b"\xef\xbb\xbf" + ENTRY.replace("\n", "\r\n").encode())
        assert load_library(tmp_path).entries["forklift-plate"].answer == "先检验，再登记。"

    def test_places_point_at_entries_fields_and_phrasings(self) -> None:
        places = read_library(FIXTURE).places
        assert str(places.at("forklift-licence")).endswith("叉车.yaml:25")
        assert places.at("forklift-plate", "叉车怎么上牌").line == 6
        assert places.at("forklift-plate", "answer").line == 11
        assert places.at("forklift-plate", "没有这句").line == 1

    def test_the_shipped_faq_is_sound(self) -> None:
        loaded = read_library(SHIPPED)
        assert [str(problem) for problem in loaded.problems] == []
        assert len(loaded.library.entries) >= 141


SLIPS = {
    "full-width colon": (ENTRY.replace("title: ", "title："), 2, "“title”后面是全角冒号“：”"),
    "full-width colon in the first line": (ENTRY.replace("id: ", "id："), 1, "“id”后面是全角冒号“：”"),
    "no space after the colon": (ENTRY.replace("title: ", "title:"), 2, "“title:”后面少一个空格"),
    "no space after the dash": (ENTRY.replace("- 叉车去", "-叉车去"), 6, "减号后面少一个空格"),
    "full-width dash": (ENTRY.replace("  - 叉车去", "  －叉车去"), 6, "行首的减号不是半角"),
    "tab": (ENTRY.replace("  title", "\ttitle"), 2, "缩进里有制表符（Tab）"),
    "full-width blank": (ENTRY.replace("  title", "　title"), 2, "缩进里有全角空格或看不见的字符"),
    "indented too far": (ENTRY.replace("  department", "    department"), 3, "这一行的缩进不对，或者句子里有半角冒号加空格"),
    "indented too little": (ENTRY.replace("  department", " department"), 3, "这一行的缩进不齐，或少了开头的“- ”"),
    "closing full-width quote": (ENTRY.replace("新叉车上牌", '"新叉车上牌”'), 2, '引号没有配对：开头是半角 "，结尾是全角 ”'),
    "unclosed quote": (ENTRY.replace("新叉车上牌", '"新叉车上牌'), 2, '引号没有配对：只有开头的 "'),
    "quotes in quotes": (ENTRY.replace("新叉车上牌", '"新的"叉车"上牌"'), 2, "半角双引号里面又有半角双引号，句子被截断"),
    "unclosed bracket": (ENTRY.replace("新叉车上牌", "[新叉车上牌"), 2, "括号没有配对：只有开头的 ["),
    "colon in a sentence": (ENTRY.replace("新叉车上牌", "说明: 上牌"), 2, "句子里有半角冒号加空格“: ”"),
    "at sign": (ENTRY.replace("叉车去", "@小哨 叉车去"), 6, "句子以 @ 开头"),
    "emoji code": (ENTRY.replace("叉车去", "[捂脸] 叉车去"), 6, "句子以 [ 开头"),
    "star": (ENTRY.replace("叉车去", "*急* 叉车去"), 6, "句子以 * 开头"),
    "control character": (ENTRY.replace("叉车去", "叉\x07车去"), 6, "这一行有看不见的控制字符"),
    "document mark": (ENTRY + "---\n" + OTHER, 11, "文件里有多余的分隔行 ---"),
    "key twice": (ENTRY.replace("  source", "  title: 又一个\n  source"), 8, "“title”写了两遍，第一遍在第 2 行"),
    "forgotten dash": (ENTRY + OTHER.replace("- id", "  id"), 11, "“id”写了两遍，第一遍在第 1 行"),
    "joined lines": (ENTRY.replace("  - 叉车去", "    - 叉车去"), 5, "“questions”的下一行缩进多了，两行被连成了一句"),
    "wide comma": (ENTRY + "  communities: [灵峰，大碶]\n", 11, "“communities”的方括号里用了全角“，”，几项被当成了一项"),
    "wide quotes": (ENTRY.replace("samr", "“samr”"), 3, "“department”整句包在全角引号里：“samr”"),
    "invisible character": (ENTRY.replace("samr", "samr\u200b"), 3, "“department”里有看不见的字符（多半是复制粘贴带来的）"),
    "tag": (ENTRY.replace("叉车去", "!abc 叉车去"), 6, "“questions”以 ! 开头"),
    "GBK": (ENTRY.encode("gbk"), 2, "文件是 GBK（ANSI）编码，不是 UTF-8"),
    "UTF-16": (ENTRY.encode("utf-16"), 0, "文件是 UTF-16（Unicode）编码"),
    "not a text": (bytes(range(256)), 0, "这不是文本文件"),
    "nested without end": ("[" * 5000, 0, "括号套得太深"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_typists_slip_is_named_with_its_line_and_mend(slip: str, tmp_path: Path) -> None:
    text, line, message = SLIPS[slip]
    found = problems_of(tmp_path, text)
    assert (line, message) in [(at, said[: len(message)]) for at, said in brief(found)]
    assert all(problem.mend for problem in found)
    assert all(problem.file.endswith("叉车.yaml") for problem in found)


FAULTS = {
    "unknown key": ("titel: x", 11, "条目里没有“titel”这一项", "是不是想写“title”？"),
    "theme is no key": ("theme: 叉车", 11, "条目里没有“theme”这一项", ""),
    "unknown part form": ("parts: 材料", 11, "“parts”应当是“名称: 内容”的形式", ""),
    "empty list": ("not_this: []", 11, "“not_this”是空的列表", ""),
    "empty value": ("todo:", 11, "“todo”应当是列表，现在是空的", ""),
    "odd stale": ("stale: routed", 11, "“stale”不认得“routed”", "是不是想写“route”？"),
    "text for a list": ("communities: 灵峰", 11, "“communities”应当是列表", ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_further_line_is_named(fault: str, tmp_path: Path) -> None:
    added, line, message, mend = FAULTS[fault]
    (problem,) = problems_of(tmp_path, f"{ENTRY}  {added}\n")
    assert problem.line == line
    assert problem.message.startswith(message)
    assert mend in problem.mend


CHANGED = {
    "empty answer": ("answer: 先检验，再登记。", "answer: ''", 7, "“answer”是空的"),
    "no answer": ("answer: 先检验，再登记。", "answer:", 7, "“answer”是空的"),
    "long answer": ("先检验，再登记。", "长" * 351, 7, "条目 forklift-plate 的答案有 351 个字，超过 350 个"),
    "bad date": ("2026-11-20", "2026-02-30", 9, "“verified_on”没有这一天：2026-02-30"),
    "odd date": ("2026-11-20", "2026年11月20日", 9, "“verified_on”不是日期：2026年11月20日"),
    "bad duration": ("180d", "半年", 10, "“review_every”不是一段时间：半年"),
    "no duration": ("180d", "0d", 10, "“review_every”不是一段时间：0d"),
    "unknown department": ("samr", "smar", 3, "routing.yaml 里没有部门“smar”"),
    "odd id": ("forklift-plate", "Forklift_Plate", 1, "id“Forklift_Plate”不合规定"),
    "phrasing twice": ("叉车去哪里上牌", "叉车怎么上牌？", 6, "问法“叉车怎么上牌？”与本条的重复"),
    "list for a text": ("title: 新叉车上牌", "title: [新叉车, 上牌]", 2, "“title”应当是一段文字，现在是列表"),
    "mapping for a phrasing": ("叉车去哪里上牌", "问: 叉车去哪里上牌", 6, "“questions”应当是一段文字"),
}


@pytest.mark.parametrize("change", CHANGED)
def test_a_faulty_value_is_named(change: str, tmp_path: Path) -> None:
    old, new, line, message = CHANGED[change]
    (problem,) = problems_of(tmp_path, ENTRY.replace(old, new, 1), departments=("samr", "tax"))
    assert problem.line == line
    assert problem.message.startswith(message)
    assert problem.mend


@pytest.mark.parametrize("key", [name for name, field in SCHEMA.items() if field.required])
def test_a_missing_key_is_named(key: str, tmp_path: Path) -> None:
    fields = re.split(r"(?m)^(?:- |  )(?=[a-z])", ENTRY)[1:]
    text = "- " + "  ".join(field for field in fields if not field.startswith(f"{key}:"))
    (problem,) = problems_of(tmp_path, text)
    assert f"缺少“{key}”" in problem.message
    assert problem.line == 1


class TestSeveralFaults:
    def test_all_are_reported_at_once_sorted_by_place(self, tmp_path: Path) -> None:
        (tmp_path / "words.yaml").write_text("synonym: {a: [b]}\nconfusions:\n  叉车: 叉车\n", encoding="utf-8")
        (tmp_path / "departments.yaml").write_text("txa: {words: [发票], question: [x]}\n", encoding="utf-8")
        (tmp_path / "chatter.yaml").write_text("greeting: 早\n", encoding="utf-8")
        broken = (
            ENTRY.replace("title: ", "title：")
            + OTHER.replace("180d", "半年")
            + OTHER.replace("crane", "lift").replace("行车怎么", "@张工 行车怎么")
        )
        found = problems_of(tmp_path, broken, departments=("samr", "tax"))
        places = [(Path(problem.file).name, problem.line) for problem in found]
        assert places == [
            ("chatter.yaml", 1),
            ("departments.yaml", 1),
            ("departments.yaml", 1),
            ("words.yaml", 1),
            ("words.yaml", 3),
            ("叉车.yaml", 2),
            ("叉车.yaml", 20),
            ("叉车.yaml", 25),
        ]

    def test_sound_entries_of_a_broken_file_are_kept(self, tmp_path: Path) -> None:
        (tmp_path / "叉车.yaml").write_text(ENTRY.replace("title: ", "title：") + OTHER, encoding="utf-8")
        loaded = read_library(tmp_path)
        assert list(loaded.library.entries) == ["crane-plate"]
        assert len(loaded.problems) == 1

    def test_an_id_used_twice_names_both_places(self, tmp_path: Path) -> None:
        (problem,) = problems_of(tmp_path, ENTRY + ENTRY.replace("叉车", "行车"))
        assert problem.line == 11
        assert problem.message.startswith("id“forklift-plate”用了两次，另一处在 ")
        assert problem.message.endswith("叉车.yaml:1")

    def test_a_phrasing_of_two_entries_names_both_places(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text(ENTRY, encoding="utf-8")
        (problem,) = problems_of(tmp_path, OTHER.replace("行车怎么上牌", "叉车 怎么上牌"))
        assert problem.line == 5
        assert "与条目 forklift-plate 的重复，另一处在 " in problem.message
        assert problem.message.endswith("a.yaml:5")

    def test_a_phrasing_that_is_also_a_near_miss(self, tmp_path: Path) -> None:
        (problem,) = problems_of(tmp_path, ENTRY + "  not_this: [叉车怎么上牌]\n")
        assert (problem.line, problem.message) == (11, "“叉车怎么上牌”同时写在 questions 和 not_this 里")


class TestFolders:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidFiles, match="没有这个知识文件夹"):
            load_library(tmp_path / "nowhere")

    def test_empty(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidFiles, match="知识文件夹里没有任何条目文件"):
            load_library(tmp_path)

    def test_empty_file(self, tmp_path: Path) -> None:
        assert brief(problems_of(tmp_path, "# 还没写\n")) == [(0, "文件里没有条目")]

    def test_other_suffix(self, tmp_path: Path) -> None:
        (tmp_path / "消防.yml").write_text(ENTRY, encoding="utf-8")
        (tmp_path / "叉车.yaml").write_text(ENTRY, encoding="utf-8")
        with pytest.raises(InvalidFiles, match=r"改名为 消防\.yaml"):
            load_library(tmp_path)

    def test_a_folder_in_place_of_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "叉车.yaml").mkdir()
        with pytest.raises(InvalidFiles, match="读不了这个文件"):
            load_library(tmp_path)


def test_words_mean_what_they_say(tmp_path: Path) -> None:
    (tmp_path / "叉车.yaml").write_text(ENTRY, encoding="utf-8")
    (tmp_path / "words.yaml").write_text("dictionary: {叉车证: 多}\nsynonyms: {上牌: 挂牌}\nconfusions:\n", encoding="utf-8")
    with pytest.raises(InvalidFiles) as refused:
        load_library(tmp_path)
    assert brief(list(refused.value.problems)) == [
        (1, "“叉车证”应当是不小于 0 的整数，现在是：多"),
        (2, "“上牌”应当是列表，现在是一段文字（挂牌）"),
    ]
