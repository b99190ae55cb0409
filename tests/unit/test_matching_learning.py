"""The parts under the engine: grams, index, and the two learners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from benchmarks.learn_ngrams import Example, Recipe
from benchmarks.learn_weights import bare, misheard, shortened
from benchmarks.learned_source import grams
from bot.matching import learned, signs
from bot.matching.content import matter
from bot.matching.coverage import Coverage, Covered, DepartmentWords, LeftOut
from bot.matching.evidence import Evidences
from bot.matching.grams import segments, sound
from bot.matching.indefinite import definite
from bot.matching.index import Floats, Index, Weighed
from bot.matching.learned_asking import ASKING_GRAMS
from bot.matching.ngrams import asking, unpacked, wording
from bot.matching.qualifiers import measure, qualified
from bot.matching.regression import fit_logistic, sigmoid, solve_ridge
from bot.matching.vocabulary import UNKNOWN, count
from bot.model import Library

TEXTS = ("叉车去哪里上牌", "叉车证去哪考", "灭火器多久换一次", "fire extinguisher换3次")


def test_segments_keep_latin_words_and_numbers_whole() -> None:
    assert segments("r&d支出，3.5吨 abc") == [["r&d", "支", "出"], ["3.5", "吨"], ["abc"]]
    assert segments("？！") == []


def test_homophones_share_their_sounds_only() -> None:
    assert sound("叉") == sound("插") == "cha"
    assert sound("3") == "3"
    vocabulary, _ = count(["叉车"])
    message = vocabulary.read("插车")
    assert message.names == ("车", "插", "插车")  # what has a number comes first
    known = (message.places != UNKNOWN).tolist()
    assert known == [True, False, False, True, True, True]  # 车 插 插车 and the sounds cha, che, cha che
    assert message.heard.tolist() == [4, 3, 5]


def test_a_word_of_latin_letters_has_no_sound_beside_a_character() -> None:
    vocabulary, _ = count(["abc车"])
    message = vocabulary.read("abc车")
    assert message.names == ("abc", "车", "abc车")
    assert message.heard.tolist() == [3, 4, 2]


def test_texts_count_alike_together_and_alone() -> None:
    texts = [f"{text}，第{number}次 {'哈' * (number % 3)}" for number in range(200) for text in TEXTS] + ["", "，", "3.5吨"]
    vocabulary, counted = count(texts)
    for row, text in enumerate(texts):
        message = vocabulary.read(text)
        mine = counted.texts == row
        found = dict(zip(counted.grams[mine].tolist(), counted.counts[mine].tolist(), strict=True))
        assert found == dict(zip(message.places.tolist(), message.counts.tolist(), strict=True))


def test_new_words_are_told_apart() -> None:
    vocabulary, _ = count(["叉车"])
    message = vocabulary.read("zoo，yak，zoo yak")
    assert message.names == ("zoo", "yak")
    assert message.counts.tolist() == [2, 2, 2, 2]
    assert set(message.places.tolist()) == {UNKNOWN}


class Asked:
    """An index over some texts that is asked with texts."""

    def __init__(self, texts: Sequence[str], counted: int | None = None) -> None:
        self.vocabulary, grams = count(texts)
        self.index = Index(self.vocabulary, grams, counted)

    def weigh(self, text: str) -> Weighed:
        return self.index.weigh(self.vocabulary.read(text))

    def similarities(self, text: str) -> Floats:
        return self.index.similarities(self.weigh(text))


def test_a_text_is_most_like_itself_and_unknown_grams_lower_the_likeness() -> None:
    asked = Asked(TEXTS)
    for row, text in enumerate(TEXTS):
        alike = asked.similarities(text)
        assert alike[row] == pytest.approx(1.0, abs=1e-5)
        assert alike.argmax() == row
    assert asked.similarities("叉车去哪里上牌而且还要多少时间")[0] < 0.9
    assert not asked.similarities("").any()


def test_the_kernel_equals_asking_text_by_text() -> None:
    many = [f"{text}第{number}家" for number in range(12) for text in TEXTS]
    asked = Asked(many)
    rows = np.arange(0, len(many), 2)
    expected = np.stack([asked.similarities(many[row])[rows] for row in rows])
    assert np.allclose(asked.index.kernel(rows), expected, atol=1e-4)


def test_scores_by_gram_equal_similarities_times_scores_by_text() -> None:
    asked = Asked(TEXTS)
    rows = np.asarray([0, 2, 3])
    scores = np.asarray([[1, 0.5], [0, 2], [-1, 0]], dtype=np.float32)
    weighed = asked.weigh("叉车多久换一次牌")
    by_gram = asked.index.by_gram(scores, rows)
    assert np.allclose(by_gram.of(weighed), asked.index.similarities(weighed)[rows] @ scores, atol=1e-5)


def test_texts_that_do_not_count_leave_the_others_similarities_alone() -> None:
    some, more = Asked(TEXTS), Asked((*TEXTS, "叉车上牌要带合格证"), counted=len(TEXTS))
    question = "叉车的合格证"
    assert np.allclose(more.similarities(question)[: len(TEXTS)], some.similarities(question)[: len(TEXTS)])
    assert more.similarities(question)[len(TEXTS)] > 0


def test_ridge_gives_back_its_targets_under_a_small_penalty() -> None:
    texts = csr_matrix(np.asarray([[1, 0, 0], [0.2, 0.98, 0], [0, 0, 1]], dtype=np.float32))
    targets = np.eye(3, dtype=np.float32)
    assert np.allclose(texts @ (texts.T @ solve_ridge(texts, targets, 1e-4)), targets, atol=1e-2)


def test_logistic_learns_a_simple_rule() -> None:
    features = np.asarray([[value, 1.0] for value in range(20)], dtype=float)
    hits = (features[:, 0] >= 10).astype(float)
    model = fit_logistic(features, hits, np.ones(20), 0.1)
    assert sigmoid(model.score((0.0, 1.0))) < 0.05
    assert sigmoid(model.score((19.0, 1.0))) > 0.95


def test_the_learned_weights_fit_the_features() -> None:
    found = Evidences(Library({})).weigh("叉车去哪里上牌")
    assert len(found.sign_features) == len(signs.NAMES)
    assert len(learned.ASK.weights) == len(learned.ASK.means) == len(found.ask_features)
    assert len(learned.ENTRY.weights) == len(found.entry_features)
    assert all(len(model.weights) == len(signs.NAMES) for model in learned.KINDS.values())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("叉车去哪里上牌", {"where_to", "last_clause_asks"}),
        ("叉车证 到期", {"spaced"}),
        ("谁家叉车借我用一下", {"borrow", "whose"}),
        ("先去窗口登记，带合格证就行", {"advises", "advises_first", "told_plainly"}),
        ("我们的叉车已经检好了", {"reported", "ends_done", "first_person"}),
        ("6666老板牛", {"laughs"}),
    ],
)
def test_signs_see_what_the_wording_shows(text: str, names: set[str]) -> None:
    values = dict(zip(signs.NAMES, signs.measure(text, calls_other=False), strict=True))
    assert names <= {name for name, value in values.items() if value}


def test_a_number_does_not_laugh() -> None:
    values = dict(zip(signs.NAMES, signs.measure("编号06669的叉车去哪里年检", calls_other=False), strict=True))
    assert not values["laughs"]


@pytest.mark.parametrize(
    ("text", "left"),
    [("怎么办怎么办", ""), ("依据是什么", ""), ("这个怎么弄", ""), ("叉车怎么弄", "叉车"), ("灭火器多久换一次", "灭火器换次")],
)
def test_matter_is_what_is_left_without_words_that_ask(text: str, left: str) -> None:
    assert matter(text) == left


ENTRIES = (("叉车证", "叉车"), ("叉车牌",), ("灭火器",))


class Pools:
    """The coverage of some entries without answers, asked with texts."""

    def __init__(self) -> None:
        texts = [text for entry in ENTRIES for text in entry]
        owners = [place for place, entry in enumerate(ENTRIES) for _ in entry]
        self.vocabulary, counted = count(texts)
        self.coverage = Coverage(self.vocabulary, counted, np.asarray(owners, dtype=np.int32), len(texts))

    def left_out(self, entry: int, text: str) -> LeftOut:
        return LeftOut(entry, self.vocabulary.read(text).places)

    def measure(self, text: str, without: LeftOut | None = None) -> Covered:
        return self.coverage.measure(self.vocabulary.read(text), without)


def test_entries_that_have_the_same_matter_rival_each_other() -> None:
    pools = Pools()
    assert pools.measure("灭火器").meant((2,))[0] > 0.9
    licence, plate, other = pools.measure("叉车").meant((0, 1, 2))
    assert licence > plate > other
    assert licence < 0.8


def test_what_was_made_from_a_text_does_not_find_it_again() -> None:
    pools = Pools()
    assert pools.measure("灭火器").of(2)[0][0] == 1.0
    assert pools.measure("灭火器", pools.left_out(2, "灭火器")).of(2)[0][0] == 0.0
    kept = pools.measure("叉车", pools.left_out(0, "叉车"))
    assert kept.of(0)[0][0] == 1.0  # the other phrasing of the entry still has it


def test_a_departments_word_that_the_entry_lacks_is_found() -> None:
    words, pools = DepartmentWords(["财政票据", "灭火器"]), Pools()

    def foreign(text: str) -> tuple[tuple[float, ...], str]:
        covered = pools.measure(text)
        return words.foreign(text, covered.message.names, covered.of(2)[2])

    assert foreign("财政票据去哪领")[1] == "财政票据"
    assert foreign("灭火器去哪领")[1] == ""
    assert foreign("去哪领") == ((0.0, 0.0, 0.0, 0.0), "")


def test_samples_are_made_without_chance() -> None:
    assert misheard("叉车去哪里上牌", 5) == misheard("叉车去哪里上牌", 5) != "叉车去哪里上牌"
    assert [sound(c) for c in misheard("叉车去哪里上牌", 5)] == [sound(c) for c in "叉车去哪里上牌"]
    assert shortened("叉车去哪里上牌", 3)
    assert shortened("牌", 3) == ""
    assert bare("新来的员工社保，要在几天之内办", 0) == "新来"


def test_wording_is_cut_into_grams_with_its_ends_and_numbers_alike() -> None:
    assert wording("交3.5吨？") == wording("交12吨？")
    assert {"^", "^交0", "0吨_", "_$"} <= wording("交3吨,")
    assert wording("") == {"^", "$", "^$"}


@pytest.mark.parametrize("text", ["怎么办怎么办", "交3.5吨？", "新买的叉车去哪里上牌", "好", "", "abc 车！"])
def test_what_wording_says_of_asking_is_the_sum_of_its_grams(text: str) -> None:
    weights, grams_of = unpacked(ASKING_GRAMS), wording(text)
    assert asking(text) == pytest.approx(weights.of(grams_of) / len(grams_of) ** 0.5, abs=1e-9)


def test_weights_of_grams_stand_together_by_weight() -> None:
    weights = unpacked({0.5: "去哪 ~牌 ", -1.0: "护照 "})
    assert weights.of(["去哪", "护照", "不在"]) == -0.5
    source: dict[str, dict[float, str]] = {}
    exec(grams("TABLE", dict(weights.weights)), source)
    assert unpacked(source["TABLE"]) == weights


def test_what_an_entry_lacks_is_marked_where_it_has_the_sound() -> None:
    _, _, lacking = Pools().measure("插车罚款").of(0)
    assert lacking == ("~插", "罚", "款", "车罚", "~插车", "罚款")


def test_weights_of_grams_tell_texts_that_they_were_not_learned_from() -> None:
    texts = [
        (f"{topic}{end}", hit)
        for topic in ("叉车", "发票", "社保", "消防", "电费")
        for end, hit in (("去哪办", True), ("办好了", False))
    ]
    examples = [Example(wording(text), hit, place // 2) for place, (text, hit) in enumerate(texts)]
    recipe = Recipe(penalty=0.1, rarest=3, step=0.1, mean=True)
    scores = recipe.held_out(examples)
    assert all((score > 0) == hit for score, (_, hit) in zip(scores, texts, strict=True))
    assert recipe.learn(examples) == recipe.learn(list(reversed(examples)))
    unknown = Example(wording("zzz"), None, 0)
    assert recipe.score([unknown], recipe.learn([*examples, unknown]))[0] == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("没图啥都干不了", "没图某干不了"),
        ("合同写多少就多少", "合同写某"),
        ("一个月没几块钱", "一个月某块钱"),
        ("要看你是什么行业", "某行业"),
        ("怎么弄的我也没搞懂", "某没搞懂"),
        ("不知道怎么回事就办下来了", "某办下来了"),
        ("有没有什么补贴", "有没有什么补贴"),
        ("要提前几天报", "要提前几天报"),
        ("什么材料都要带吗", "什么材料都要带吗"),
        ("不知道怎么办", "不知道怎么办"),
    ],
)
def test_words_of_asking_that_ask_nothing_are_told_from_those_that_ask(text: str, bare: str) -> None:
    assert definite(text) == bare


def test_what_is_said_of_a_matter_is_sought_in_the_entry() -> None:
    entry = qualified(["叉车怎么上牌", "叉车牌丢了怎么补办"], "补办要带登记证；注销另办")
    features, word = measure("叉车要注销，牌也丢了", entry)
    assert word == "注销"
    assert features[1:3] == (0.5, 0.0)  # one thing that no phrasing says, but the answer does
    assert features[3:5] == (1.0, pytest.approx(2 / 3))  # the other is said by a phrasing, in two words
    assert measure("叉车牌丢了怎么补办", entry)[1] == ""
    own = LeftOut(0, np.asarray([], dtype=np.int64), "叉车牌丢了怎么补办")
    assert measure("叉车牌丢了怎么补办", entry, own)[1] == "丢"
    assert measure("不是上牌，是年检", entry)[0][0] == 1.0
