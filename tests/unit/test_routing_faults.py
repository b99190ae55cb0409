"""Faults of routing.yaml, one a file: each is told once, with file and line, with a hint that names the mend."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.errors import InvalidFiles, Problem
from bot.library.faq_file import load_library
from bot.library.routing_file import load_routing
from bot.library.routing_outlook import look_ahead, unknown_entries
from bot.library.routing_tests import run_tests
from bot.model import Library

FIXTURES = Path(__file__).parent.parent / "fixtures"
FOLDER = FIXTURES / "routing_faults"


class Fault(NamedTuple):
    """What must be said about a file, and nothing else: at this line, beginning with these words."""

    line: int
    says: str
    mend: str


FAULTS = {
    "alarm-ladder-waits": Fault(
        37, "紧急的梯子“紧急”不是马上通知：2027-02-04 周四 18:00 的危险要等 4 天 15", "第一级的 clock 用 always: tru"
    ),
    "bracket-unclosed": Fault(21, "方括号没有配对，或句子以 [ 开头", "补上 ]；如果是一句话，用半角双引号括起来"),
    "bulletin-at-night": Fault(51, "bulletin 的时间 23:00 在夜里不打扰的时段", "改到白天"),
    "bulletin-hour-wrong": Fault(51, "“at”不是几点几分：25:00", '写成 "17:00"，冒号用半角'),
    "bulletin-room-unknown": Fault(51, "bulletin 的 rooms 写了“互助裙”，但没有这个群", "是不是想写“互助群”？"),
    "bulletin-weekday-unknown": Fault(51, "“weekday”不认得“礼拜”是星期几", "写成 周五"),
    "calendar-always-and-more": Fault(5, "日历“全天”写了 always: true，别的就不起作用了", "只留 always，或去掉 always"),
    "calendar-day-wrong": Fault(3, "“calendars/工作时间/days”不是日期：2026-12-32", "写成 2026-11-20"),
    "calendar-holidays-unknown": Fault(3, "“holidays”不认得“china”", "可用的有：cn"),
    "calendar-never-runs": Fault(4, "日历“夜班”从来不开", '写上 weekly: {周一至周五: ["09:'),
    "calendar-shift-too-late": Fault(4, "“calendars/夜班/每天”的时段写得不对：22:00-26:00", '写成 "09:00-12:00"，冒号和减号用半'),
    "calendar-shift-wide": Fault(4, "“calendars/夜班/每天”的时段写得不对：22：00-06：00", '写成 "09:00-12:00"，冒号和减号用半'),
    "calendar-shifts-overlap": Fault(3, "“calendars/工作时间/周一至周五”的时段 09:00-14:00 和 13:30-17", "改成不重叠的时段"),
    "calendar-weekday-twice": Fault(4, "“calendars/夜班”里周五写了两遍", "每个星期几只写一次"),
    "calendar-weekday-unknown": Fault(4, "“calendars/夜班”不认得“每日”是星期几", "写成 周一至周五、周一、周三 或 每天"),
    "colon-wide": Fault(46, "“default”后面是全角冒号“：”", "改成半角冒号加一个空格：“default: ”"),
    "colon-without-space": Fault(1, "“timezone:”后面少一个空格", "写成“timezone: 内容”"),
    "comma-wide-in-list": Fault(
        21, "“order”的方括号里用了全角“，”，几项被当成了一项", "各项之间用半角逗号；确实是一句话就加半角引号"
    ),
    "community-duty-unknown": Fault(
        7, "社区“灵峰”的 duty 写了“值夜”，但没有这个人", "可用的有：值班、召集人、消防联络员、税务备班、税"
    ),
    "community-team-unknown": Fault(7, "社区“灵峰”的 team 写了“值班人”，但没有这个轮值或人", "是不是想写“值班”？"),
    "community-without-team": Fault(7, "梯子“标准”要交给 team，社区“灵峰”却没有写 team", "给这个社区加上 team: 轮值名或人名"),
    "contact-channel-unknown": Fault(18, "“税务备班”的 channels 里不认得“wechta”", "是不是想写“wechat”？"),
    "contact-department-unknown": Fault(19, "“消防联络员”的 department 写了“fier”，但没有这个部门", "是不是想写“fire”？"),
    "contact-role-unknown": Fault(14, "“role”不认得“wroker”", "是不是想写“worker”？"),
    "contact-without-channel": Fault(18, "“税务备班”没有写 channels，小哨找不到他", "加上 channels: [wechat]"),
    "default-department-unknown": Fault(46, "default 的 department 写了“comunity”，但没有这个部门", "是不是想写“community”？"),
    "default-ladder-unknown": Fault(46, "default 的 ladder 写了“标谁”，但没有这个梯子", "可用的有：标准、直达部门、紧急"),
    "default-missing": Fault(1, "“路由文件”没有写 default", "补上“default: …”"),
    "default-without-ladder": Fault(46, "“default”没有写 ladder", "补上“ladder: …”"),
    "department-alias-twice": Fault(24, "“国税”同时是“community”和“tax”的叫法", "只留给一个部门"),
    "department-backup-unknown": Fault(24, "部门“tax”的 backup 写了“税务后备”，但没有这个人", "是不是想写“税务备班”？"),
    "department-contact-of-another": Fault(
        24, "“消防联络员”要替税务局答复，他自己是消防救援大队的", "给“消防联络员”写 department: ta"
    ),
    "department-contact-unknown": Fault(24, "部门“tax”的 contact 写了“税务联络人”，但没有这个人", "是不是想写“税务联络员”？"),
    "department-without-contact": Fault(25, "“departments/fire”没有写 contact", "补上“contact: …”"),
    "department-without-route": Fault(24, "没有一条路由会把问题交给税务局（tax）", "加一条 - {name: 税务局, match:"),
    "duration-in-words": Fault(9, "“peer_window”不是一段时间：10分钟", "写成 180d（天）、2h（小时）、15m（分钟"),
    "enterprise-in-two-grids": Fault(7, "企业“泰准”写在了“一格”和“二格”两个网格里", "只留在一个网格里"),
    "enterprise-twice-in-grid": Fault(7, "企业“泰准金属”在“一格”里写了两遍", "只留一处"),
    "flag-in-words": Fault(40, "“danger”只能是 true 或 false，现在是：yes", "是写 true，否写 false"),
    "grid-worker-unknown": Fault(7, "网格“一格”的 worker 写了“网格员二”，但没有这个人", "是不是想写“网格员一”？"),
    "indent-lost": Fault(10, "“路由文件”里不认得“联盟群”", "是“rooms”里的一项，就往右缩进两格"),
    "indent-tab": Fault(9, "缩进里有制表符（Tab）", "改成空格，每级两个"),
    "key-twice": Fault(14, "“值班”写了两遍，第一遍在第 12 行", "只留一个；如果这里本来是新的一条，检查上面是不是"),
    "key-unknown": Fault(9, "“rooms/互助群”里不认得“peer_windows”", "是不是想写“peer_window”？"),
    "ladder-empty": Fault(31, "梯子“空的”一级也没有", "至少写一级"),
    "ladder-never-done": Fault(29, "梯子“标准”的“服务队”的 answer 按日历“工作时间”两年也走不完", "缩短时限，或换一个日历"),
    "last-tier-no-person": Fault(38, "梯子“紧急”的最后一级“督办”不是一个人", "写成 to: contact:人名"),
    "last-tier-not-final": Fault(30, "梯子“标准”的最后一级“督办”没有写 final: true", "最后一级要写 final: true 和 rep"),
    "last-tier-on-office-hours": Fault(
        30, "梯子“标准”的最后一级“督办”的日历“工作时间”不是全天", "最后一级要用 always: true 的日历，"
    ),
    "leave-cover-circle": Fault(12, "2026-11-17 代班转了一圈，没有人在：值班 → 网格员一 → 值班", "换一个在岗的人代班"),
    "leave-cover-unknown": Fault(17, "“税务联络员”的代班 cover 写了“税务备份”，但没有这个人", "是不是想写“税务备班”？"),
    "leave-ends-before-start": Fault(13, "“网格员一”请假的 to 早于 from", "检查两个日期"),
    "leave-of-contact-and-backup": Fault(
        17, "2026-12-20 周日 00:00 到 2026-12-21 周一 00:00，梯子“直达部", "给请假的人写上 cover，或把几个人的假期错开"
    ),
    "leave-of-the-cover": Fault(
        18, "2026-12-02 代班转了一圈，没有人在：税务备班 → 消防联络员 → 税务联络员 → 税务", "换一个在岗的人代班"
    ),
    "leave-of-whole-rota": Fault(
        15, "2027-02-03 周三 00:00 到 2027-02-04 周四 00:00，梯子“标准”", "给请假的人写上 cover，或把几个人的假期错开"
    ),
    "leave-on-no-day": Fault(13, "“from”没有这个时间：2026-11-31", "检查月、日、时、分"),
    "leave-without-cover": Fault(13, "“网格员一”请假没有写代班的人，他是一格的网格员", "在 away 里加上 cover: 代班人"),
    "merge-alike-in-words": Fault(50, "“alike”应当在 0 和 100% 之间：很像", "写成 50%"),
    "merge-too-long": Fault(50, "merge 的 within 超过 30 天，早已答复的问题会被并在一起", "缩短，例如 within: 1d"),
    "quiet-hours-in-words": Fault(48, "“quiet_hours”写得不对：晚上十点到早上七点", '写成 "22:00-07:00"，冒号和减号用半'),
    "quote-unclosed": Fault(21, "引号没有配对", "补上结尾的半角引号"),
    "rating-closed-before-reminded": Fault(49, "rating 的 close_after 应当比 remind_after 长", "例如 remind_after: 1d, clo"),
    "room-kind-unknown": Fault(10, "“kind”不认得“aliance”", "是不是想写“alliance”？"),
    "room-of-no-community": Fault(10, "群“联盟群”不属于任何社区", "写进一个社区的 rooms"),
    "room-unknown": Fault(7, "社区“灵峰”的 rooms 写了“联盟郡”，但没有这个群", "是不是想写“联盟群”？"),
    "rota-person-unknown": Fault(21, "轮值“值班表”的 order 写了“队员三”，但没有这个人", "是不是想写“队员一”？"),
    "rota-turn-in-words": Fault(21, "“rotate”不是一段时间：每天", "写成 180d（天）、2h（小时）、15m（分钟"),
    "rota-without-start": Fault(21, "“duty/值班表”没有写 start", "补上“start: …”"),
    "route-danger-missing": Fault(39, "没有给危险情况的路由", "在 routes 最前面加上 - {name: "),
    "route-danger-not-first": Fault(40, "路由“先来”排在危险情况的路由前面，危险情况可能先被它拦下", "把 match: {danger: true} "),
    "route-danger-not-urgent": Fault(40, "危险情况走的梯子“标准”不是紧急的", "给这个梯子写上 urgent: true"),
    "route-department-unknown": Fault(41, "路由“社区”的 departments 写了“comm”，但没有这个部门", "是不是想写“community”？"),
    "route-entry-unknown": Fault(43, "路由“指名”的 match 写了条目“invoice-quata”，知识库里没有", "是不是想写“invoice-quota”？"),
    "route-hours-unknown": Fault(42, "路由“税务主题”的 hours 写了“工作时段”，但没有这个日历", "是不是想写“工作时间”？"),
    "route-ladder-unknown": Fault(40, "路由“危险”的 ladder 写了“加急”，但没有这个梯子", "可用的有：标准、直达部门、紧急"),
    "route-name-twice": Fault(41, "路由“危险”有两条，另一条在第 40 行", "改个名字，或删掉一条"),
    "route-room-kind-unknown": Fault(44, "路由“联盟群”的 room_kinds 写了“aliance”，但没有这个群类型", "是不是想写“alliance”？"),
    "route-theme-unknown": Fault(42, "路由“税务主题”的 match 写了主题“税物”，知识库里没有", "可用的有：叉车、税务"),
    "route-unreachable": Fault(46, "路由“明确”永远轮不到，都被前面的“全收”拦下了", "移到它前面，或删掉"),
    "section-unknown": Fault(47, "“路由文件”里不认得“tranfser”", "是不是想写“transfer”？"),
    "test-due-wrong": Fault(
        53, "自测没通过：“开票额度”的 due 应为 2026-11-19 10:50，实际是 2026-1", "改路由或改自测。经过：像是税务局的事（把握 10"
    ),
    "test-fails": Fault(
        53,
        "自测没通过：“开票额度”的 assignee 应为 消防联络员，实际是 税务联络员",
        "改路由或改自测。经过：像是税务局的事（把握 10",
    ),
    "test-room-unknown": Fault(53, "自测的 room 写了“互助裙”，但没有这个群", "是不是想写“互助群”？"),
    "test-without-expect": Fault(53, "“tests”里不认得“expects”", "是不是想写“expect”？"),
    "tier-acknowledge-too-long": Fault(28, "梯子“标准”的“网格员”的 acknowledge 比 answer 还长", "签收时限应当短于答复时限"),
    "tier-clock-at-night": Fault(
        28, "梯子“标准”的“网格员”的日历“夜班”从 22:00-06:00 的夜里开始，会在不打扰的时段通", "换一个白天的日历，或把 quiet_hours "
    ),
    "tier-clock-unknown": Fault(
        28, "梯子“标准”的“网格员”的 clock 写了“上班时间”，但没有这个日历", "可用的有：全天、夜班、工作时间"
    ),
    "tier-final-in-the-middle": Fault(28, "梯子“标准”的“网格员”写了 final，但后面还有一级，永远到不了", "把 final 写在最后一级"),
    "tier-max-wait-too-short": Fault(29, "梯子“标准”的“服务队”的 max_wait 比 answer 还短", "最长等待应当长于答复时限"),
    "tier-name-twice": Fault(28, "梯子“标准”的“网格员”有两级同名", "每一级起不同的名字"),
    "tier-repeat-in-the-middle": Fault(
        28, "梯子“标准”的“网格员”写了 repeat，但只有最后一级（final: true）才反复催", "去掉 repeat，改用 remind"
    ),
    "tier-rota-unknown": Fault(29, "梯子“标准”的“服务队”的 duty 写了“值班”，但没有这个轮值", "是不是想写“值班表”？"),
    "tier-share-too-great": Fault(28, "“remind”应当在 0 和 100% 之间：150%", "写成 50%"),
    "tier-to-colon-wide": Fault(29, "梯子“标准”的“服务队”不认得交给谁：duty：值班表", "冒号要用半角"),
    "tier-to-misspelt": Fault(28, "梯子“标准”的“网格员”不认得交给谁：gird", "可以写：grid、community、team、"),
    "tier-to-without-name": Fault(
        29, "梯子“标准”的“服务队”不认得交给谁：duty:（冒号后面没有名字）", "可以写：grid、community、team、"
    ),
    "zone-unknown": Fault(1, "不认得时区“Asia/Ningbo”", "中国写 Asia/Shanghai"),
}


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library(FIXTURES / "knowledge")


def told(path: Path, library: Library) -> list[Problem]:
    """Return everything that ``check`` says of a routing file on 2026-11-21."""
    try:
        rules = load_routing(path)
    except InvalidFiles as found:
        return list(found.problems)
    outlook = look_ahead(rules, datetime(2026, 11, 21, tzinfo=rules.timezone))
    return [*run_tests(rules, None), *outlook.errors, *outlook.warnings, *unknown_entries(rules, library)]


@pytest.mark.parametrize("slip", FAULTS)
def test_a_fault_is_told_once_at_its_line_with_its_mend(slip: str, library: Library) -> None:
    fault, path = FAULTS[slip], FOLDER / f"{slip}.yaml"
    (problem,) = told(path, library)
    assert (problem.file, problem.line) == (str(path), fault.line)
    assert problem.message.startswith(fault.says)
    assert problem.mend.startswith(fault.mend)


def test_nothing_is_said_about_the_sound_file(library: Library) -> None:
    assert told(FIXTURES / "routing.yaml", library) == []


def test_every_file_is_a_known_fault_and_there_are_enough() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(FAULTS)
    assert len(FAULTS) >= 60
