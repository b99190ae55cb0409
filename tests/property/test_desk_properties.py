"""Whatever is said by whomever in whatever order: no exception, no case without a next step, nothing said twice."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.ledger.sqlite import SqliteLedger
from bot.model import Case
from tests.scenarios.stage import Stage
from tests.scenarios.transcript import ZONE

PEOPLE = ("泰准金属-安全员", "恒锐模具-人事", "路人甲", "税务局联络员", "网格员一", "社区值班", "市场监管局联络员")
WORDS = (
    "新买的叉车去哪里上牌？",
    "@小哨 车间地磅多久强检一次",
    "那要带什么材料",
    "多久能办好",
    "叉车的证怎么弄",
    "1",
    "2",
    "都不是",
    "满意",
    "不满意，没说清",
    "还是不行",
    "谢谢，解决了",
    "算了不用问了",
    "我的问题怎么样了",
    "收到",
    "转 税务局 这是个税问题",
    "转 外星局 不归我们",
    "退回 不清楚",
    "#1 可以办，带执照到窗口",
    "#2 我去问一下",
    "#1 补充 还要带公章",
    "接办 #1",
    "改派 #1 给 网格员二 他熟悉",
    "合并 #2 到 #1",
    "合并 #1 到 #2",
    "上报 #1 要几个部门一起定",
    "督办 #1",
    "重开 #1 企业说没办好",
    "关闭 #1",
    "@小哨 结案吧",
    "同问",
    "车间着火了！",
    "不是上牌，是年检",
    "@小哨 上面说的不对",
    "@小哨",
    "",
    "K7MP4XRT",
    "绑定码 A2C4-E6G8",
    "哈哈哈",
)
LINES = st.tuples(
    st.sampled_from(("安全生产互助协会", "锋领企服联盟", "没登记的群", "")),
    st.sampled_from(PEOPLE),
    st.one_of(st.sampled_from(WORDS), st.text(max_size=30).filter(lambda text: "\n" not in text and "\r" not in text)),
)
HAPPENINGS = (
    "过 20分钟",
    "过 3小时",
    "过 1天",
    "停机 7天",
    "拨慢 1小时",
    "请假 税务局联络员 3天 税务局备班",
    "失联 税务局联络员",
    "网页「网格员一」接办 #1",
    "网页「网格员一」合并 #2 到 #1",
    "网页「网格员一」重开 #1：没办好",
    "网页「税务局联络员」答复 #1：带执照到窗口",
    "网页「税务局联络员」转办 #1 到 海关：归他们",
)
STEPS = st.lists(st.one_of(LINES, st.sampled_from(HAPPENINGS)), min_size=1, max_size=14)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_case_is_ever_stuck(steps, knowledge, routing) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder) / "ledger.db", datetime(2026, 11, 18, 9, 0, tzinfo=ZONE), knowledge, routing)
        try:
            for step in steps:
                _play(stage, step)
                for case in _cases(stage.ledger):
                    assert case.status.terminal == (case.due is None), case
                    assert case.due is None or case.due.at > stage.clock.now(), case
            keys = [spoken.id for spoken in stage.spoken if spoken.id.startswith("sent:")]
            assert len(keys) == len(set(keys))
        finally:
            stage.close()


def _play(stage: Stage, step: str | tuple[str, str, str]) -> None:
    if isinstance(step, str):
        stage.play(step)
        return
    room, who, text = step
    stage.say(room, who, text)


def _cases(ledger: SqliteLedger) -> list[Case]:
    with ledger.transaction() as transaction:
        return transaction.cases(open_only=False)
