"""Which department a question belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.library.faq_file import load_library
from bot.model import DepartmentExamples, Library
from bot.routing.departments import DepartmentRanker


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(Path(__file__).parents[2] / "knowledge")


@pytest.fixture(scope="module")
def ranker(library: Library, routing) -> DepartmentRanker:
    return DepartmentRanker(library, routing)


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("公司车间要做税务注销清算去哪办", "tax"),
        ("想请律师帮忙看一份供货合同", "justice"),
        ("变压器容量不够，想增容", "power"),
        ("报关单填错了能改吗", "customs"),
        ("公积金贷款额度怎么算", "fund"),
        ("工人中暑送医院，要不要报职业病", "health"),
    ],
)
def test_plain_questions_find_their_department(ranker: DepartmentRanker, text: str, department: str) -> None:
    best = ranker.rank(text)[0]
    assert best.department == department
    assert best.reasons[0].code == "department_words" and "提到" in best.reasons[0].detail


def test_guesses_come_best_first_and_are_probabilities(ranker: DepartmentRanker) -> None:
    guesses = ranker.rank("社保和公积金的比例调整了吗")
    confidences = [guess.confidence for guess in guesses]
    assert len({guess.department for guess in guesses}) == len(guesses) > 1
    assert confidences == sorted(confidences, reverse=True)
    assert all(0 <= confidence <= 1 for confidence in confidences) and sum(confidences) <= 1.0001


def test_a_question_without_a_subject_is_nobodys_with_confidence(ranker: DepartmentRanker) -> None:
    assert ranker.rank("帮我看看这个事情怎么弄")[0].confidence < 0.4
    assert ranker.rank("公司车间要做税务注销清算去哪办")[0].confidence > 0.6


def test_most_example_questions_are_found_when_left_out(library: Library) -> None:
    """Every fourth example question of each department is left out and asked: the floor under which learning has broken."""
    kept = {
        key: DepartmentExamples(known.words, tuple(q for number, q in enumerate(known.questions) if number % 4))
        for key, known in library.departments.items()
    }
    learned = DepartmentRanker(Library(library.entries, departments=kept, general_questions=library.general_questions))
    asked = [(key, question) for key, known in library.departments.items() for question in known.questions[::4]]
    ranked = [(key, [guess.department for guess in learned.rank(question)]) for key, question in asked]
    assert sum(found[0] == key for key, found in ranked) / len(ranked) >= 0.7
    assert sum(key in found[:2] for key, found in ranked) / len(ranked) >= 0.8


@pytest.mark.parametrize("text", ["", " ", "？？", "\u200b", "🙂", "a" * 100_000, "囧" * 3])
def test_odd_text_never_fails(ranker: DepartmentRanker, text: str) -> None:
    assert all(guess.confidence < 0.5 for guess in ranker.rank(text))


def test_the_same_library_gives_the_same_ranks(library: Library) -> None:
    again = DepartmentRanker(library)
    assert DepartmentRanker(library).rank("叉车年检找谁") == again.rank("叉车年检找谁")


def test_little_or_nothing_to_learn_from() -> None:
    assert DepartmentRanker(Library({})).rank("发票") == ()
    one = DepartmentRanker(Library({}, departments={"tax": DepartmentExamples(("发票",), ("发票丢了",))}))
    assert one.rank("发票")[0].department == "tax"
    assert one.rank("囧囧") == ()


def test_names_in_the_routing_file_are_words_too(routing) -> None:
    ranker = DepartmentRanker(Library({}), routing)
    best = ranker.rank("这个要去车管所吗")[0]
    assert best.department == "police"
    assert best.reasons[0].detail == "提到“车管所”，像是公安分局的事"
