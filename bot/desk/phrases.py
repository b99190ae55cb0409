"""Every sentence that 小哨 says, in one place, so that a community worker can read and judge them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.model import Forwarded
from bot.text import shorten

WEEKDAYS = "一二三四五六日"
STATUS_WORDS = {
    "waiting": "等同行回答",
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


def relayed(number: int, department: str, text: str, *, rate: bool) -> str:
    """Bring a department's answer back to the asker."""
    ask = "\n解决了吗？回复 满意 / 一般 / 不满意" if rate else ""
    return f"{department}答复（#{number}）：\n{text}{ask}"


def partly_relayed(number: int, department: str, text: str) -> str:
    """Bring a first, incomplete word of the department back to the asker."""
    return f"{department}（#{number}）先回了一句：{text}\n要补充请引用本条回复；完整答复出来后再告诉您。"


def moved_up(number: int, assignee: str, answer_by: datetime, now: datetime) -> str:
    """Tell the asker that the case went one tier up."""
    return f"#{number} 还没等到答复，已上报{assignee}，最晚{moment(answer_by, now)} 前答复您。"


def overdue(number: int, assignee: str) -> str:
    """Tell the asker, once, that even the last tier is late."""
    return f"抱歉，#{number} 过了说好的时间还没有答复，{assignee}在督办，小哨会一直催到有答复为止。"


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


def closed_by_worker(number: int, said: str) -> str:
    """Tell the askers that the community closed their case, and with which words."""
    return f"#{number} 社区已办结：{said}。没解决请直接回“没解决”。"


def no_such_case(number: int) -> str:
    """Say that there is no case of that number."""
    return f"没有 #{number} 这件工单，请核对编号。"


def worker_decides(number: int) -> str:
    """Refuse a bystander's order to close."""
    return f"#{number} 结不结案由提问人、经办人或社区决定，先继续办。"


def what_was_missing() -> str:
    """Ask what a poorly rated answer lacked."""
    return "抱歉没帮上。哪里没说清？直接说一句，我转给部门。"


# ── Cases: to contacts ───────────────────────────────────────────────────────────────────────────────────────


def dispatched(
    number: int, who: str, room: str, question: str, details: Sequence[str], answer_by: datetime, now: datetime
) -> str:
    """The question with its context in one message, and how to answer it."""
    context = "".join(f"\n· {line}" for line in details)
    where = f"（{room}）" if room else "（私聊）"
    return (
        f"【工单 #{number}】{who}{where}问：\n{question}{context}\n"
        f"请在{moment(answer_by, now)} 前答复：直接引用本条回复，或发“#{number} 答复内容”。\n"
        "收到请回“收到”；不归您管请回“转 部门 原因”。"
    )


def remind(number: int, question: str, answer_by: datetime, now: datetime, *, acknowledged: bool) -> str:
    """Remind a contact of a case."""
    if answer_by <= now:
        return f"【督办 #{number}】「{shorten(question)}」已过{moment(answer_by, now)}的答复时限，请尽快答复；引用本条回复即可。"
    state = "请在" if acknowledged else "还没有签收，请在"
    return f"【催办 #{number}】「{shorten(question)}」{state}{moment(answer_by, now)} 前答复；引用本条回复即可。"


def escalated(carried: Sequence[str]) -> str:
    """Say why a case reaches the next tier."""
    return f"上一级未按时答复（{'、'.join(carried)}），现请您接办。"


def acknowledged(number: int, answer_by: datetime, now: datetime) -> str:
    """Confirm a contact's acknowledgement."""
    return f"已签收 #{number}，请在{moment(answer_by, now)} 前答复。"


def answer_passed_on(number: int) -> str:
    """Confirm that a contact's answer went to the asker."""
    return f"#{number} 已转告提问人，谢谢。"


def partial_passed_on(number: int, answer_by: datetime, now: datetime) -> str:
    """Confirm a first word, and keep the deadline."""
    return f"#{number} 已先告诉提问人，完整答复请在{moment(answer_by, now)} 前引用工单发来。"


def transferred(number: int, department: str) -> str:
    """Confirm a transfer."""
    return f"#{number} 已转{department}。"


def transfer_needs_reason(number: int) -> str:
    """Ask for the reason of a transfer."""
    return f"#{number} 转办请写明原因，例如：转 税务局 这是个税问题"


def transfer_needs_department(number: int) -> str:
    """Say that the named department is unknown."""
    return f"#{number} 没认出要转给哪个部门，请写部门名称，例如：转 税务局 这是个税问题"


def which_case(lines: Sequence[str]) -> str:
    """Ask a contact with several cases which one is meant."""
    return "您手上有这几件，请引用工单回复，或在前面写编号（如 #12 …）：\n" + "\n".join(lines)


def not_yours(number: int) -> str:
    """Refuse somebody who may not act on a case."""
    return f"#{number} 不在您名下，这条我没有处理。"


def already_closed(number: int) -> str:
    """Say that a case is finished."""
    return f"#{number} 已经办结，这条我没有转发；需要补充请联系社区。"


def answered_by_another(number: int, by: str) -> str:
    """Tell the one who has the case that somebody else was faster."""
    return f"#{number} {by}已经答复，不用再办了。"


def no_case_of_yours() -> str:
    """Answer a contact's form that is about no case."""
    return "您名下现在没有在办的工单。"


def case_withdrawn(number: int, why: str) -> str:
    """Tell a contact that nothing more is wanted."""
    return f"#{number} {why}，不用再办了。"


def supplement(number: int, who: str, text: str) -> str:
    """Pass on what the asker added."""
    return f"#{number} {who}补充：{text}"


def rated_low() -> str:
    """Tell a contact that the answer did not help."""
    return "提问人评价不满意，请再答复一次"


def undelivered(text: str, target: str, why: str) -> str:
    """Tell a person about a message that could not be delivered."""
    return f"有一条消息没能送达（{target}，{why}），请人工转告：\n{text}"


# ── Binding: who speaks for whom ─────────────────────────────────────────────────────────────────────────────


def bound(contact: str, department: str, cases: Sequence[str], before: str) -> str:
    """Welcome somebody who is now bound to a contact, with what is in their hands; ``before`` was bound to them until now."""
    whom = f"{contact}（{department}）" if department else contact
    waiting = "".join(f"\n{line}" for line in cases)
    more = f"\n现在在办的有 {len(cases)} 件，答复请在前面写编号：{waiting}" if cases else ""
    freed = f"\n您原来绑定的{before}同时解除了。" if before else ""
    return f"绑定好了，您是{whom}。以后转给您的工单会发到这里：引用它回复就是答复，回“收到”是签收。{more}{freed}"


def bound_elsewhere(contact: str) -> str:
    """Tell an id that another one now speaks for the contact."""
    return f"{contact}已改由另一个账号绑定，工单不再发到这里。如果不是您本人或同事换的，请马上联系社区。"


CODE_HINTS = {
    "wrong": "这个绑定码不对，请核对后再发一次，或请社区重新发码。（如果不是在绑定，请多写几个字说明是什么事。）",
    "same": "您已经绑定好了，不用再发码了。",
    "used": "这个绑定码已经用过了，每个码只能用一次，请社区重新发码。",
    "expired": "这个绑定码过期了（24 小时内有效），请社区重新发码。",
    "void": "这个绑定码已经作废，请用新发的码，或请社区重新发码。",
    "wait": "绑定码错了好几次，请一小时以后再试；这期间发来的码都不算。别的事照常可以问。",
    "public": "绑定码不要发在别人看得到的地方。刚才发的已经作废，请社区重新发码，再在这里单独发给我。",
}
"""What is said about a code that binds nobody; the last one privately to somebody who showed a good code to others."""


def known_name_new_id(nickname: str, contact: str, room: str) -> str:
    """Warn a worker that somebody with a bound person's nickname speaks under an id that is not bound."""
    where = f"在「{room}」" if room else "私聊我"
    return (
        f"提醒：有人用“{nickname}”的名字{where}说话，名字和已绑定的{contact}一样，账号却不是绑定的那个，没有当作{contact}处理。"
        f"如果是本人换了账号或重新登录，请运行 xiaoshao bind {contact} 发一个新码给他；不认识就请留意。"
    )


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
