"""The fixed forms in which contacts and workers act on a case; an answer that begins like one of them is an answer."""

from __future__ import annotations

import pytest

from bot.desk import contact_forms
from bot.model import Operation


@pytest.mark.parametrize("text", ["收到", "收到！", "好的", "好的，收到", "OK", "#12 收到", "签收", "收到[抱拳]", "知道了。"])
def test_acknowledgements(text: str) -> None:
    assert contact_forms.is_acknowledgement(text)


@pytest.mark.parametrize("text", ["收到的发票要先查验", "好的材料清单如下：执照、公章", "可以办，带执照来", "行车要先告知"])
def test_answers_are_no_acknowledgements(text: str) -> None:
    assert not contact_forms.is_acknowledgement(text)


@pytest.mark.parametrize(
    ("text", "department", "reason"),
    [
        ("转 税务局 这是个税问题", "税务局", "这是个税问题"),
        ("#12 转 海关 涉及报关", "海关", "涉及报关"),
        ("转税务局，这是个税", "税务局", "这是个税"),
        ("这个不归我们管，转税务", "税务", "这个不归我们管，转"),
    ],
)
def test_transfers(text: str, department: str, reason: str) -> None:
    wish = contact_forms.transfer(text)
    assert wish is not None
    assert (wish.department, wish.reason) == (department, reason)


def test_a_transfer_without_reason_is_read_as_one_without_reason() -> None:
    wish = contact_forms.transfer("转 税务局")
    assert wish is not None and wish.reason == ""


def test_an_answer_that_begins_like_a_transfer_is_not_plainly_one() -> None:
    wish = contact_forms.transfer("转让协议和上月报表带来窗口")
    assert wish is None or not wish.plain


@pytest.mark.parametrize("text", ["转 #12 税务局 这是个税", "#12 转 税务局 这是个税", "转＃12 税务局 这是个税"])
def test_the_number_of_a_transferred_case_may_stand_before_or_after_the_word(text: str) -> None:
    wish = contact_forms.transfer(text)
    assert wish is not None
    assert (wish.department, wish.reason, contact_forms.addressed_case(text)) == ("税务局", "这是个税", 12)


@pytest.mark.parametrize(
    ("text", "operation", "rest"),
    [
        ("接办 #12", Operation.TAKE_OVER, ""),
        ("#12 接办", Operation.TAKE_OVER, ""),
        ("改派 #12 给 网格员二 他熟悉", Operation.REASSIGN, "给 网格员二 他熟悉"),
        ("合并 #12 到 #8", Operation.MERGE, "到 #8"),
        ("关闭#12已经线下办好", Operation.CLOSE, "已经线下办好"),
        ("#12 办结，电话里说清了", Operation.CLOSE, "电话里说清了"),
        ("上报 #12 要几个部门一起定", Operation.ESCALATE, "要几个部门一起定"),
        ("督办 #12", Operation.SUPERVISE, ""),
        ("重开 #12 企业说没办好", Operation.REOPEN, "企业说没办好"),
        ("退回：不是我们的业务", Operation.RETURN, "不是我们的业务"),
    ],
)
def test_commands(text: str, operation: Operation, rest: str) -> None:
    assert contact_forms.command(text) == contact_forms.Command(operation, rest)


@pytest.mark.parametrize(
    "text",
    [
        "重开发票要先作废原票",
        "退回的税款会打到对公账户",
        "上报材料到窗口",
        "办结时间是五个工作日",
        "合并报表要年底一起交",
        "关闭阀门再打电话",
        "接办的人是窗口老师",
    ],
)
def test_an_answer_may_begin_with_the_word_of_a_command(text: str) -> None:
    assert contact_forms.command(text) is None


@pytest.mark.parametrize(
    ("rest", "target", "reason"), [("给 网格员二 他熟悉", "网格员二", "他熟悉"), ("网格员二", "网格员二", ""), ("", "", "")]
)
def test_the_one_to_be_assigned_comes_before_the_reason(rest: str, target: str, reason: str) -> None:
    assert contact_forms.target_and_reason(rest) == (target, reason)


def test_a_contact_may_insist_on_adding_to_an_answer() -> None:
    assert contact_forms.further("补充 还要带公章") == "还要带公章"
    assert contact_forms.further("补充材料请发邮箱") is None
