"""Every sentence that 小哨 says in groups and to askers, so that a community worker can read and judge them all.

What it says to contacts and workers about their cases stands in contact_phrases.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.model import Forwarded
from bot.text import shorten

WEEKDAYS = "一二三四五六日"
STATUS_WORDS = {
    "waiting": "等同行回答",
    "held_back": "排着队，过几分钟就答",
    "open": "已转出，待签收",
    "acknowledged": "已签收，办理中",
    "answered": "已答复，待您评价",
    "closed": "已办结",
    "withdrawn": "已撤回",
}


def moment(at: datetime, now: datetime) -> str:
    """Say a time the way people do: today's without its date, other days with date and weekday."""
    clock = at.strftime("%H:%M")
    if at.date() == now.date():
        return f"今天 {clock}"
    return f"{at.month}月{at.day}日（周{WEEKDAYS[at.weekday()]}）{clock}"


# ── Answers from the FAQ ─────────────────────────────────────────────────────────────────────────────────────


def answer(body: str, source: str, verified_on: str, *, stale: bool) -> str:
    """Frame a curated answer with its source and the date it was verified."""
    notice = "\n⚠ 这条已过复核日期，办之前请再向部门确认。" if stale else ""
    return f"{body.strip()}\n依据：{source}｜核实于 {verified_on}{notice}"


def part(title: str, name: str, body: str) -> str:
    """Frame one part of an entry for a follow-up question."""
    return f"【{title}】{name}：{body.strip()}"


def several(numbered: Sequence[tuple[int, str]]) -> str:
    """Join answers to the numbered questions of one message."""
    return "\n\n".join(f"第{number}个：{body}" for number, body in numbered)


def offer(titles: Sequence[str]) -> str:
    """Put a numbered choice."""
    lines = "\n".join(f"{number}. {title}" for number, title in enumerate(titles, 1))
    return f"您问的是哪一个？回复数字就行：\n{lines}\n都不是请回 0"


def answered_above(title: str, at: datetime) -> str:
    """Point to an answer given a short while ago in the same group."""
    return f"这个 {at.strftime('%H:%M')} 刚答过，往上翻一下【{title}】；还有不清楚的直接说。"


def stands(title: str) -> str:
    """Say that the answer above holds, whatever was said since."""
    return f"以上面【{title}】这条和它的依据为准。"


def being_checked(title: str, correction: str) -> str:
    """Say that an entry is disputed, with the worker's own words."""
    return f"【{title}】这条正在重新核对，先以社区的说明为准：{correction}"


def correction_taken() -> str:
    """Thank a worker for a correction."""
    return "收到更正，这条先不再发，已请社区核对修改。"


# ── Cases: to the asker ──────────────────────────────────────────────────────────────────────────────────────


def opened(number: int, department: str, assignee: str, answer_by: datetime, dispatch_at: datetime, now: datetime) -> str:
    """Receipt of a question that was handed to somebody: its number, who has it, and by when."""
    start = "" if dispatch_at <= now else f"{moment(dispatch_at, now)}上班后送达，"
    return f"这个我没有现成答案，已登记 #{number}，转{department}（{assignee}），{start}最晚{moment(answer_by, now)} 前答复您。"


def opened_after_answer(number: int, department: str, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Receipt of a question whose FAQ answer did not help."""
    return (
        f"抱歉没帮上。已登记 #{number}，连同您试过的情况一起转{department}（{assignee}），最晚{moment(answer_by, now)} 前答复您。"
    )


def joined(number: int, assignee: str, answer_by: datetime | None, now: datetime) -> str:
    """Tell another asker of the same question that it is in hand already."""
    due = f"，最晚{moment(answer_by, now)} 前答复" if answer_by else ""
    return f"同样的问题已有人问过，工单 #{number} 正在办（{assignee}）{due}，有答复一并告诉您。"


def status_line(number: int, question: str, status: str, assignee: str, answer_by: datetime | None, now: datetime) -> str:
    """One open case in one line."""
    who = f"，{assignee}" if assignee else ""
    due = f"，最晚{moment(answer_by, now)} 前答复" if answer_by and status in ("open", "acknowledged") else ""
    return f"#{number}「{shorten(question)}」{STATUS_WORDS[status]}{who}{due}"


def no_open_cases() -> str:
    """Answer a request for status of somebody who has no open case."""
    return "您目前没有在办的问题。要问什么直接说就行。"


def relayed(number: int, department: str, text: str, *, again: bool) -> str:
    """Bring a department's answer back to the asker; ``again``: what is added to an answer that they have."""
    ask = "" if again else "\n解决了吗？回复 满意 / 一般 / 不满意"
    return f"{department}{'补充' if again else '答复'}（#{number}）：\n{text}{ask}"


def partly_relayed(number: int, department: str, text: str) -> str:
    """Bring a first, incomplete word of the department back to the asker."""
    return f"{department}（#{number}）先回了一句：{text}\n要补充请引用本条回复；完整答复出来后再告诉您。"


def moved_up(number: int, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Tell the asker that the case went one tier up."""
    return f"#{number} 还没等到答复，已上报{assignee}，最晚{moment(answer_by, now)} 前答复您。"


def overdue(number: int, assignee: str) -> str:
    """Tell the asker, once, that even the last tier is late."""
    return f"抱歉，#{number} 过了说好的时间还没有答复，{assignee}在督办，小哨会一直催到有答复为止。"


def raised(number: int, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Tell the asker that somebody carried the case one tier up."""
    return f"#{number} 已上报{assignee}，最晚{moment(answer_by, now)} 前答复您。"


def reassigned(number: int, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Tell the asker who has the case now."""
    return f"#{number} 现在由{assignee}办理，最晚{moment(answer_by, now)} 前答复您。"


def under_supervision(number: int, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Tell the asker that the community put the case under supervision."""
    return f"#{number} 已交{assignee}督办，最晚{moment(answer_by, now)} 前答复您。"


def taken_over(number: int, worker: str, answer_by: datetime, now: datetime) -> str:
    """Tell the asker of a question that waited for colleagues that a worker deals with it."""
    return f"已登记 #{number}，由{worker}办理，最晚{moment(answer_by, now)} 前答复您。"


def merged(number: int, into: int, assignee: str, answer_by: datetime | None, now: datetime) -> str:
    """Tell an asker that the case goes on under another number."""
    due = f"，最晚{moment(answer_by, now)} 前答复" if answer_by else ""
    return f"#{number} 与 #{into} 是同一件事，合并到 #{into} 一起办（{assignee}）{due}，有答复一并告诉您。"


def left(number: int) -> str:
    """Tell one of several askers that the case goes on for the others."""
    return f"好的，#{number} 您这边不用再等了；还有别的企业在等答复，继续办。"


def moved_over(number: int, department: str, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Tell the asker that the case went to another department."""
    return f"#{number} 已转{department}（{assignee}），最晚{moment(answer_by, now)} 前答复您。"


def ask_for_rating(number: int) -> str:
    """Remind an asker once to rate."""
    return f"#{number} 的答复解决问题了吗？回复 满意 / 一般 / 不满意"


def rated(number: int) -> str:
    """Thank for a rating."""
    return f"#{number} 已办结，谢谢评价。"


def reopened(number: int, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Say that a poorly rated case is open again."""
    return f"抱歉没解决。#{number} 已重新交{assignee}办理，最晚{moment(answer_by, now)} 前再答复您；方便的话补一句哪里没说清。"


def supervised(number: int, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Say that a case rated poorly twice is under supervision."""
    return f"抱歉还没解决。#{number} 已交{assignee}督办，最晚{moment(answer_by, now)} 前答复您。"


def withdrawn(number: int) -> str:
    """Confirm a withdrawal."""
    return f"好的，#{number} 已撤回。"


def closed(number: int) -> str:
    """Confirm that a case was closed on demand."""
    return f"好的，#{number} 已办结。"


def closed_with_words(number: int, whose: str, said: str) -> str:
    """Tell the askers that the community or a department closed their case, and with which words."""
    return f"#{number} {whose}已办结：{said.rstrip('。.！!')}。没解决请直接回“没解决”。"


def worker_decides(number: int) -> str:
    """Refuse a bystander's order to close."""
    return f"#{number} 结不结案由提问人、经办人或社区决定，先继续办。"


def what_was_missing() -> str:
    """Ask what a poorly rated answer lacked."""
    return "抱歉没帮上。哪里没说清？直接说一句，我转给部门。"


# ── To the curators ──────────────────────────────────────────────────────────────────────────────────────────


def files_refused(problems: Sequence[str], total: int) -> str:
    """Say that an edit of the curated files is not in use, and where its first faults are."""
    lines = "".join(f"\n{number}. {problem}" for number, problem in enumerate(problems, 1))
    more = f"\n还有 {total - len(problems)} 处，用 xiaoshao check 看全部。" if total > len(problems) else ""
    return (
        f"刚才改的知识文件有 {total} 处问题，没有启用，小哨还按改之前的内容回答：{lines}{more}\n改好保存就会自动启用，不用重启。"
    )


def files_mended() -> str:
    """Say that the curated files are sound again and in use."""
    return "知识文件已经改好，新内容已启用。"


def noticed(findings: Sequence[str], total: int) -> str:
    """Say what the auditor found that a person should look at."""
    lines = "".join(f"\n{number}. {finding}" for number, finding in enumerate(findings, 1))
    more = f"\n还有 {total - len(findings)} 件，在网页的“运行状况”里看全部。" if total > len(findings) else ""
    return f"【巡查】小哨发现 {total} 件事要人看一下：{lines}{more}\n同一件事每天只说一次。"


def unheard(channel: str, since: datetime, until: datetime, why: str, now: datetime) -> str:
    """Say from when until when messages may be missing, and what to do."""
    end = until.strftime("%H:%M") if since.date() == until.date() else moment(until, now)
    return (
        f"{channel}从{moment(since, now)} 到 {end} 断过（{why}），这段时间群里和私聊的消息小哨可能没收到。\n"
        "请翻一下群；有没人回的问题，请提问人再发一次。"
    )


# ── Danger, refusals ─────────────────────────────────────────────────────────────────────────────────────────

DANGER = {
    "fire": "先撤人！立刻打 119，说清地点和烧的是什么。不要返回拿东西，不要乘货梯。油、电、金属粉尘着火千万别用水。",
    "metal-fire": "先撤人！立刻打 119，说明是金属粉尘着火。千万别用水和普通灭火器，会爆燃；不要再进去。",
    "gas": "马上撤到上风向的室外！别开关任何电器、别动明火，出去后再打 119 和燃气抢修电话。",
    "chemical": "马上往上风向撤人！别碰泄漏物、别动明火和电器，出去后打 119，有人不适同时打 120。",
    "electric": "先断电！没断电前别碰触电的人。打 120；没呼吸心跳立刻做心肺复苏，起火同时打 119。",
    "injury": "先停机断电！打 120。有出血用干净布用力压住伤口，断肢包好带走，别乱搬动伤者。",
    "trapped": "立刻打 119，有人受伤同时打 120。电梯困人别扒门，按轿厢里的紧急呼叫并通知维保；有人落水别盲目下水，先抛救生物。",
    "confined": "别下去救！外面的人不要盲目进入。打 119 和 120，有风机先往里送风，看好洞口等专业救援。",
}


def safety_words(kind: str) -> str:
    """What to do first in a danger of this kind."""
    return DANGER.get(kind, "先保证人员安全！火警 119，急救 120，报警 110。")


def danger(kind: str, number: int, alerted: Sequence[str]) -> str:
    """The safety words for an emergency, and who has been told."""
    return f"{safety_words(kind)}\n已紧急通知{'、'.join(alerted)}（#{number}）。"


def danger_alert(number: int, who: str, room: str, text: str) -> str:
    """Alert of an emergency to a contact."""
    return f"【紧急 #{number}】{who}（{room or '私聊'}）报告：{text}\n请立即联系现场处置，回“收到”签收。"


def refusal() -> str:
    """Refuse a request for other people's data or for the bot's rules."""
    return "这个我不能提供。办事方面的问题可以直接问我。"


def fishing_report(who: str, room: str, text: str) -> str:
    """Tell the worker about somebody who tries to get data out of the bot."""
    return f"提醒：{who}在「{room or '私聊'}」向我索要他人信息或要我不按规定办，已拒绝。原话：{shorten(text, 60)}"


def recall_personal_data() -> str:
    """Ask kindly to recall a message with an ID or telephone number."""
    return "您的消息里有身份证号或电话号码，建议撤回；我这边已打码，不会转发。"


def words_please(marker: str) -> str:
    """Ask for words instead of a picture, a voice or a file."""
    return f"{marker}我看不了，请用文字说一下。"


def say_your_question() -> str:
    """Answer a bare mention."""
    return "在的，请直接说问题，一句话说清是什么事、卡在哪一步。"


FORWARDED_ACTIONS = {
    "answer": "直接回答",
    "offer": "请对方选",
    "open": "已登记",
    "case": "办理工单",
    "reply": "简短回话",
    "ignore": "不插话",
    "fault": "没处理成，请人工看一下",
}


def forwarded(it: Forwarded) -> str:
    """Tell a worker what was read in a forwarded stretch, and what is to be done."""
    new = f"，新的 {len(it.lines)} 条" if len(it.lines) < it.messages else ""
    lines = [f"「{it.room}」读到 {it.messages} 条{new}。"]
    for line in it.lines[:10]:
        number = f" #{line.case}" if line.case else ""
        lines.append(f"· {line.name}：{shorten(line.text, 24)} → {FORWARDED_ACTIONS[line.action]}{number}")
    if len(it.lines) > 10:
        lines.append(f"· 还有 {len(it.lines) - 10} 条")
    lines += [f"没读懂：{mend}" for mend in it.unread[:5]]
    if it.replies:
        lines.append(f"下面 {len(it.replies)} 条请逐条复制，贴回群里；贴好了回“已贴”。")
    else:
        lines.append("现在没有要贴回的；以后有了答复，会列在转贴页面上。")
    return "\n".join(lines)


def which_room(messages: int, rooms: Iterable[str]) -> str:
    """Ask a worker out of which group a forwarded stretch was copied."""
    names = list(rooms)
    return (
        f"像是从群里复制来的 {messages} 条话，没写是哪个群，先没有处理。请在最前面加一行群名再发一次，例如：\n"
        f"{names[0] if names else '群名'}\n（复制的内容）\n认得的群：{'、'.join(names[:12])}"
    )


def carried_thanks(count: int) -> str:
    """Confirm that replies were pasted back."""
    return f"好的，{count} 条记为已贴回。"


def bulletin_draft(text: str) -> str:
    """Show a worker the draft of a bulletin."""
    return f"{text}\n——\n这是草稿，还没有发到群里。要发或不发，请到小哨页面的“每日一报”里点一下。"
