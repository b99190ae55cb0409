"""The parts of the benchmarks that their figures hang on: metrics, rankings, tables, bins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.engines.catalogue import Way, taught
from benchmarks.engines.metrics import Answered, area, quality, quantile, threshold
from benchmarks.engines.ours import ThisEngine
from benchmarks.engines.port import SILENCE, ByPhrasing, Scores
from benchmarks.lines import Lines, read_lines
from benchmarks.postgres import Share, own_traffic, told
from benchmarks.reliability import Bin, Judged, binned, brier, calibration_error
from benchmarks.report import percent, put, significant, table
from benchmarks.traffic import district
from bot.app import Curated
from bot.errors import InvalidFiles, XiaoshaoError
from bot.matching.engine import Candidate, Judgement, Matcher
from bot.model import Library
from tests.samples import NOW


class Shared:
    """A search that counts the characters in common."""

    def build(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)

    def scores(self, question: str) -> Scores:
        found = [(place, len(set(text) & set(question))) for place, text in enumerate(self.texts)]
        some = [(place, count) for place, count in found if count]
        return np.asarray([place for place, _ in some], dtype=np.int64), np.asarray([float(count) for _, count in some])


def by_phrasing(*, together: int = 1, silent: str = "") -> ByPhrasing:
    engine = ByPhrasing(Shared(), together=together)
    texts, owners = ["叉车上牌", "电梯年检", "电梯检验", "电梯注销", "食堂"], ["plate", "lift", "lift", "lift", "canteen"]
    engine.build([*texts, silent] if silent else texts, [*owners, SILENCE] if silent else owners)
    return engine


def test_an_entry_scores_as_its_closest_phrasing() -> None:
    assert by_phrasing().rank("叉车怎么上牌电梯") == (("plate", 4.0), ("lift", 2.0))


def test_phrasings_of_an_entry_are_summed() -> None:
    assert by_phrasing(together=2).rank("叉车怎么上牌电梯") == (("plate", 4.0), ("lift", 4.0))
    assert by_phrasing(together=3).rank("叉车怎么上牌电梯")[0] == ("lift", 6.0)


def test_nothing_in_common_ranks_nothing() -> None:
    assert by_phrasing().rank("zzz") == ()


def test_silent_texts_take_from_the_confidence() -> None:
    assert by_phrasing(silent="卖叉车").rank("叉车") == (("plate", 0.0),)


def test_questions_are_normalised() -> None:
    assert by_phrasing().rank("@小哨 叉車")[0] == ("plate", 2.0)


def test_quality_of_hand_made_rankings() -> None:
    asks = [
        ("a", (("a", 0.9), ("b", 0.1))),
        ("a", (("b", 0.8), ("c", 0.2), ("a", 0.1))),
        ("b", (("b", 0.3),)),
        ("b", ()),
    ]
    chatter = [(("a", 0.5),), (("b", 0.2),), (), ()]
    unknown = [(("c", 0.7),)]
    found = quality(asks, chatter, unknown, shares=(0.0, 0.25))
    assert (found.asks, found.first, found.among_three) == (4, 2, 3)
    assert found.at == {0.0: Answered(1, 1, 0, 1), 0.25: Answered(2, 1, 1, 1)}
    assert found.area == pytest.approx((5 + 5 + 3 + 1) / 20)


def test_the_threshold_lets_pass_no_more_than_the_share_even_with_ties() -> None:
    assert threshold([0.1, 0.9, 0.9, 0.9], 0.25) == 0.9
    assert threshold([3.0, 1.0, 2.0, 4.0], 0.5) == 2.0
    assert threshold([3.0, 1.0], 1.0) == 1.0
    assert threshold([], 0.5) == -math.inf


def test_area_counts_ties_half() -> None:
    assert area([1.0, 2.0], [1.0]) == 0.75
    assert math.isnan(area([], [1.0]))


def test_quantiles_are_values_that_were_measured() -> None:
    assert (quantile([4.0, 1.0, 3.0, 2.0], 0.5), quantile([4.0, 1.0], 0.99), quantile([7.0], 0.5)) == (2.0, 4.0, 7.0)


def test_our_engine_takes_phrasings_and_owners() -> None:
    engine = ThisEngine(Library({}))
    engine.build(["新买的叉车去哪里上牌", "叉车怎么上牌", "电梯多久年检一次"], ["plate", "plate", "lift"])
    assert engine.rank("叉车去哪里上牌")[0][0] == "plate"


@pytest.mark.parametrize(("verdict", "confidence"), [("answer", 0.72), ("unknown", 0.0)])
def test_what_our_engine_vetoes_has_no_confidence(verdict: str, confidence: float, monkeypatch: pytest.MonkeyPatch) -> None:
    judgement = Judgement(verdict, (Candidate("plate", 0.9), Candidate("lift", 0.1)), 0.8, "statement", ())
    monkeypatch.setattr(Matcher, "judge", lambda self, text: judgement)
    ranked = ThisEngine(Library({})).rank("叉车")
    assert [entry for entry, _ in ranked] == ["plate", "lift"]
    assert ranked[0][1] == pytest.approx(confidence)


def test_silent_texts_are_taught_only_if_wanted() -> None:
    library = Library({}, chatter={"greeting": ("早",)}, general_questions=("有人吗",))
    assert taught(library) == ([], [])
    assert taught(library, Way("silent", silent=True)) == (["早", "有人吗"], [SILENCE, SILENCE])


def test_lines_in_bins() -> None:
    judged = [Judged(0.05, False), Judged(0.95, True), Judged(1.0, True), Judged(0.9, False)]
    bins = binned(judged, bins=2)
    assert [(one.count, one.right) for one in bins] == [(1, 0), (3, 2)]
    assert bins[1].mean == pytest.approx(0.95)
    assert calibration_error(bins) == pytest.approx((0.05 * 1 + (0.95 - 2 / 3) * 3) / 4)
    assert brier(judged) == pytest.approx((0.05**2 + 0.05**2 + 0 + 0.9**2) / 4)


def test_the_interval_of_a_bin() -> None:
    low, high = Bin(0.0, 1.0, 10, 5, 0.5).interval
    assert (low, high) == (pytest.approx(0.2366, abs=1e-3), pytest.approx(0.7634, abs=1e-3))
    assert Bin(0.0, 1.0, 0, 0, 0.0).interval == (0.0, 1.0)


def test_tables_and_numbers() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert (percent(1, 3), percent(1, 0)) == ("33.3", "–")
    assert [significant(one) for one in (0.123, 12.34, 1234.5, None)] == ["0.12", "12.3", "1,234", "–"]


def test_a_section_is_replaced_and_all_else_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- one -->\nold\n<!-- /one -->\nafter\n", encoding="utf-8")
    put(page, {"one": r"new \1"})
    put(page, {"one": r"new \1"})
    assert page.read_text(encoding="utf-8") == "before\n<!-- one -->\n\nnew \\1\n\n<!-- /one -->\nafter\n"


def test_a_missing_section_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing", encoding="utf-8")
    with pytest.raises(XiaoshaoError, match="one"):
        put(page, {"one": "new"})
    assert page.read_text(encoding="utf-8") == "nothing"


def test_the_page_has_a_place_for_every_section() -> None:
    text = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    for name in ("machine", "quality", "ways", "speed", "growth-quality", "growth-speed", "growth-build", "reliability", "noise"):
        assert text.count(f"<!-- {name} -->\n") == text.count(f"<!-- /{name} -->") == 1, name


def test_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "asks.jsonl").write_text('{"q": "问", "id": "a"}\n\n', encoding="utf-8")
    (tmp_path / "chatter.jsonl").write_text('{"q": "早", "kind": "greeting"}\n', encoding="utf-8")
    (tmp_path / "routes.jsonl").write_text('{"q": "别的", "department": "tax"}\n', encoding="utf-8")
    assert read_lines(tmp_path) == Lines((("问", "a"),), ("早",), ("别的",))


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "asks.jsonl").write_text('{"q": "问"}\nnonsense\n', encoding="utf-8")
    with pytest.raises(InvalidFiles) as caught:
        read_lines(tmp_path)
    assert [(Path(one.file).name, one.line) for one in caught.value.problems] == [
        ("asks.jsonl", 1),
        ("asks.jsonl", 2),
        ("chatter.jsonl", 0),
        ("routes.jsonl", 0),
    ]


def test_bots_that_share_a_database_have_groups_of_their_own(curated: Curated) -> None:
    everywhere = district(curated)
    rooms = [{message.room for message in own_traffic(everywhere, place, 3).messages(600, NOW)} for place in range(3)]
    assert set().union(*rooms) == set(everywhere.routing.rooms)
    assert sum(map(len, rooms)) == len(everywhere.routing.rooms)


def test_several_bots_are_measured_from_the_first_message_to_the_last() -> None:
    shares = [
        Share(2, begin=10.0, end=12.0, processor=0.004),
        Share(2, begin=10.5, end=14.0, processor=0.008),
    ]
    assert told(2, shares, 0.002) == "2 个小哨：1 条/秒；处理器每条：小哨 3.00 毫秒，数据库 0.50 毫秒"
