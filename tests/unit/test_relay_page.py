"""The relay page's server with the real desk: what a paste brings, who may do what, and that nothing comes twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.browser.relay_world import WORKER, relayed, until
from tests.samples import ROOM

ALLIANCE = "锋领企服联盟"
SAFETY, HR, TAXMAN = "泰准金属-安全员", "恒锐模具-人事", "税务局联络员"
KNOWN = "新买的叉车去哪里上牌？"
UNKNOWN = "个人股东转让股权的个人所得税怎么申报"
ASKS = f"{SAFETY} 09:50\n@小哨 {UNKNOWN}\n"


@pytest.fixture
def world(tmp_path, curated):
    with relayed(tmp_path, curated) as running:
        yield running


def test_known_question_has_a_ready_reply_that_waits_to_be_carried(world):
    (item,) = world.read(f"{SAFETY} 09:50\n{KNOWN}\n")["items"]
    assert (item["kind"], item["word"]) == ("new", "直接回答")
    (reply,) = item["replies"]
    assert reply["text"].startswith(f"@{SAFETY} ")
    waits = world.waits_for("江南路1588号")
    assert (waits["receipt"], waits["text"], waits["to"]) == (reply["receipt"], reply["text"], SAFETY)
    assert world.ask("POST", "/relay/carried", {"receipt": waits["receipt"]})[0] == 204
    assert world.waiting() == []
    assert [it.message_id for it in world.said(room=ROOM) if it.sender is None] == [reply["receipt"]]
    status, refusal = world.ask("POST", "/relay/carried", {"receipt": waits["receipt"]})
    assert (status, "已经贴过" in refusal["error"]) == (409, True)


def test_same_stretch_and_overlapping_stretches_create_nothing_twice(world):
    paste = f"{ASKS}{HR}  09:51\n大家早\n"
    assert world.kinds(paste) == ["new", "new"]
    again = paste.replace("  09:5", " 2026/11/18 9:5").replace(" 09:5", " 2026/11/18 9:5")
    assert world.kinds(again + "海立塑业-财务 2026/11/18 9:54\n早上好\n") == ["known", "known", "new"]
    assert world.kinds(f"{HR}:\n大家早\n\n海立塑业-财务:\n早上好\n") == ["known", "known"]
    assert len(world.cases()) == 1
    assert len([it for it in world.said(room=ROOM) if it.sender]) == 3


def test_answer_of_a_contact_comes_back_to_be_carried_and_is_rated(world):
    world.read(ASKS)
    world.waits_for("已登记 #1")
    post = {"as": TAXMAN, "id": "from-the-test", "room": "", "text": "#1 先在电子税务局办个税申报"}
    assert world.ask("POST", "/messages", post)[0] == 204
    waits = world.waits_for("税务局答复（#1）")
    assert waits["room"] == ROOM
    assert waits["text"].startswith(f"@{SAFETY} 税务局答复")
    pasted = f"{WORKER} 09:54\n{waits['text']}\n{SAFETY} 09:55\n满意\n"
    assert world.kinds(pasted) == ["echo", "new"]
    assert until(lambda: not any("税务局答复" in text for text in world.waiting()))
    assert world.cases()[0].rating == 5


def test_a_name_alone_answers_no_case(world):
    world.read(ASKS)
    paste = f"{TAXMAN} 09:53\n#1 先在电子税务局办个税申报，再去改执照\n{WORKER} 09:54\n关闭 #1\n"
    world.read(paste, room=ALLIANCE)
    world.read(paste)
    (case,) = [case for case in world.cases() if case.number == 1]
    assert (case.status.value, case.replies) == ("open", ())


def test_worker_marks_a_contacts_answer_once_and_it_is_kept_who_did(world):
    world.read(ASKS)
    (item,) = world.read("北仑税务-小李 09:53\n先在电子税务局办个税申报\n", room=ALLIANCE)["items"]
    assert item["answers"] == [{"case": 1, "label": "这是税务局联络员的答复 → 记到 #1"}]
    mark = {"room": ALLIANCE, "id": item["id"], "case": 1}
    assert world.ask("POST", "/relay/mark", mark) == (200, {"done": True, "said": "#1 已转告提问人，谢谢。"})
    assert "先在电子税务局办个税申报" in world.waits_for("税务局答复（#1）")["text"]
    (case,) = [case for case in world.cases() if case.number == 1]
    assert (case.status.value, case.replies[0].by) == ("answered", WORKER)
    with world.bot.ledger.transaction() as work:
        assert WORKER in [line.who for line in work.history(1)]
    assert world.ask("POST", "/relay/mark", mark)[1]["said"] == "这句话已经记到过 #1"
    assert len(world.cases()[-1].replies) == 1


@pytest.mark.parametrize("name", [SAFETY, TAXMAN, "没有这个人"])
def test_only_workers_use_the_page(world, name):
    for path in ("read", "carried", "mark"):
        body = {"room": ROOM, "text": ASKS, "receipt": "x", "case": 1}
        found, refusal = world.ask("POST", f"/relay/{path}", body, as_=name)
        assert (found, bool(refusal["error"])) == (403, True)
    assert world.cases() == []


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"room": ""}, 422, "哪个群"),
        ({"room": "别的群"}, 404, "没有群"),
        ({"text": "  \n"}, 422, "还没有贴"),
        ({"text": 7}, 422, "还没有贴"),
        ({"text": "甲:\n" * 1501}, 413, "分几次贴"),
    ],
)
def test_bad_pastes_are_refused_with_a_way_out(world, change, status, words):
    found = world.ask("POST", "/relay/read", {"room": ROOM, "text": ASKS, **change})
    assert (found[0], words in found[1]["error"]) == (status, True)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"case": 99}, 409),
        ({"case": "1"}, 422),
        ({"case": True}, 422),
        ({"case": 1 << 70}, 422),
        ({"id": "别的"}, 404),
        ({"room": ""}, 404),
    ],
)
def test_bad_marks_are_refused(world, change, status):
    world.read(ASKS)
    (item,) = world.read("税务局联络员 09:53\n先去电子税务局\n", room=ALLIANCE)["items"]
    mark = {"room": ALLIANCE, "id": item["id"], "case": 1, **change}
    assert world.ask("POST", "/relay/mark", mark)[0] == status
    assert world.cases()[-1].replies == ()


def test_line_without_a_name_is_taken_in_once_its_sender_is_chosen(world):
    assert world.kinds(KNOWN) == ["nameless"]
    (item,) = world.read(KNOWN, names={"1": SAFETY})["items"]
    assert (item["kind"], item["name"], item["word"]) == ("new", SAFETY, "直接回答")
    assert world.kinds(KNOWN, names={"1": SAFETY}) == ["known"]


def test_something_that_was_said_again_can_be_taken_in_again(world):
    world.read(f"{HR}:\n大家早\n")
    assert world.kinds(f"{HR}:\n大家早\n") == ["known"]
    world.push(timedelta(minutes=5))
    assert world.kinds(f"{HR}:\n大家早\n", anew=[1]) == ["new"]


def test_last_weeks_fire_alarms_nobody(world):
    paste = f"{SAFETY} 2026-11-11 09:00\n车间着火了，快来人\n{HR} 09:50\n大家早\n"
    assert world.kinds(paste) == ["old", "new"]
    assert world.cases() == []
    assert world.kinds(paste, old=True) == ["new", "known"]
    assert world.cases()[0].danger


def test_colleagues_who_answered_in_the_same_paste_keep_the_bot_silent(world):
    question = "车间的地磅多久要强检一次，在哪报"
    answer = f"「{HR}：{question}」\n- - - - - - -\n一年一次，平台上报计划，计量院上门"
    world.read(f"{HR} 09:50\n{question}\n{SAFETY} 09:52\n{answer}\n{HR} 09:53\n明白了，谢谢\n")
    world.push(timedelta(minutes=20))
    assert world.waiting() == []
    assert [case.status.value for case in world.cases()] == ["closed"]


def test_deadlines_of_relayed_questions_work_as_for_any_group(world):
    world.read(f"{SAFETY} 09:50\n{UNKNOWN}？\n")
    assert world.waiting() == []
    world.push(timedelta(minutes=16))
    assert world.waits_for("已登记 #1")["room"] == ROOM


def test_a_paste_that_was_cut_off_by_a_fault_goes_on_where_it_stopped(world, monkeypatch):
    take_in = type(world.bot.intake).handle_all

    def fails(intake, events):
        return [*take_in(intake, events[:1]), *(OSError("没电了") for _ in events[1:])]

    monkeypatch.setattr(type(world.bot.intake), "handle_all", fails)
    paste = f"{ASKS}{HR} 09:51\n大家早\n"
    assert world.kinds(paste) == ["new", "fault"]
    monkeypatch.undo()
    assert world.kinds(paste) == ["known", "new"]
    assert len(world.cases()) == 1


def test_personal_data_is_masked_and_the_paste_still_recognised(world):
    paste = f"{SAFETY} 09:50\n我电话13800001234，请联系\n"
    world.read(paste)
    assert "13800001234" not in "".join(it.text for it in world.said(room=ROOM))
    assert world.kinds(paste) == ["known"]


def test_markup_in_a_paste_stays_text(world):
    (item,) = world.read("<img src=x onerror=alert(1)>:\n</script><script>alert(1)</script>\n")["items"]
    assert item["text"] == "</script><script>alert(1)</script>"


def test_page_has_no_inline_code(world):
    status, text = world.ask("GET", "/relay")
    assert status == 200
    assert "onclick" not in text and "<style" not in text and "http://" not in text
    assert f"您在这里做的都记着是{WORKER}做的" in text
