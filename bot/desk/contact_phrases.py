"""Every sentence that 小哨 says to department contacts and workers about their cases, and to whoever binds themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.desk.phrases import STATUS_WORDS, moment
from bot.text import shorten


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


def finished(number: int, status: str, verb: str) -> str:
    """Say that a case is finished."""
    done = STATUS_WORDS[status]
    if verb == "答复":
        return f"#{number} {done}，这条我没有转发；一定要转告请联系社区重开。"
    return f"#{number} {done}，不能{verb}。"


def only_contacts(number: int) -> str:
    """Refuse somebody who is not bound what only contacts and workers may do."""
    return f"#{number} 只有联络员和社区的人能这样办，这条我没有处理。您要是联络员，请先向社区要绑定码发给我。"


def answered_by_another(number: int, by: str) -> str:
    """Tell the one who has the case that somebody else was faster."""
    return f"#{number} {by}已经答复，不用再办了。"


def no_case_of_yours() -> str:
    """Answer a contact's form that is about no case."""
    return "您名下现在没有在办的工单。"


def not_wanted(number: int, why: str) -> str:
    """Tell a contact that nothing more is wanted."""
    return f"#{number} {why}，不用再办了。"


def supplement(number: int, who: str, text: str) -> str:
    """Pass on what the asker added."""
    return f"#{number} {who}补充：{text}"


def supplement_taken_back(number: int) -> str:
    """Tell a contact that something added was recalled, without its words."""
    return f"#{number} 提问人撤回了一条补充，请以其余的为准。"


def rated_low() -> str:
    """Tell a contact that the answer did not help."""
    return "提问人评价不满意，请再答复一次"


def undelivered(text: str, target: str, why: str) -> str:
    """Tell a person about a message that could not be delivered."""
    return f"有一条消息没能送达（{target}，{why}），请人工转告：\n{text}"


def acted(number: int, what: str) -> str:
    """Confirm what somebody did to a case."""
    return f"#{number} {what}。"


def taken_over(number: int, question: str, answer_by: datetime, now: datetime) -> str:
    """Confirm that a worker has taken a case over."""
    return f"#{number}「{shorten(question, 40)}」由您接办，请在{moment(answer_by, now)} 前答复：发“#{number} 答复内容”。"


def merged(number: int, into: int, who: Sequence[str], question: str) -> str:
    """Tell whoever has a case that another one was merged into it, with its question where that is worded differently."""
    names = "、".join(who)
    asked = f"\n{names}问的是：{question}" if question else ""
    return f"#{number} 与 #{into} 是同一件事，已合并到 #{into}，答复 #{into} 时一起告诉{names}。{asked}"


def is_merged(number: int, into: int) -> str:
    """Say that a case goes on under another number."""
    return f"#{number} 已合并到 #{into}，请在 #{into} 上办。"


def relieved(number: int, by: str) -> str:
    """Tell whoever had a case that somebody else has it now."""
    return f"#{number} 已改由{by}办理，不用再办了。"


def needs_reason(number: int, verb: str) -> str:
    """Ask for the reason of something that needs one."""
    return f"#{number} {verb}请写明原因，例如：{verb} #{number} {REASONS.get(verb, '电话里已说清')}"


REASONS = {"退回": "不是我们的业务", "上报": "需要几个部门一起定", "重开": "企业说还没办好", "办结": "电话里已说清"}
"""Examples of reasons, by verb."""


def needs_words(number: int) -> str:
    """Ask for the words of an answer."""
    return f"#{number} 没有写答复内容，没有转发。"


def not_now(number: int, status: str, verb: str) -> str:
    """Say that something cannot be done to a case as it stands."""
    return f"#{number} 现在是“{STATUS_WORDS[status].partition('，')[0]}”，不能{verb}。"


def acknowledged_before(number: int) -> str:
    """Say that a case was acknowledged already."""
    return f"#{number} 已经签收过了。"


def not_allowed(number: int, verb: str) -> str:
    """Refuse a contact something that only workers or whoever has the case may do."""
    return f"#{number} {verb}要由经办人或社区的人来做，这条我没有处理。"


def already_there(number: int, department: str) -> str:
    """Say that a case is with that department already."""
    return f"#{number} 就在{department}。办不了请写明原因退回：退回 原因"


def already_with(number: int, contact: str) -> str:
    """Say that somebody has the case already."""
    return f"#{number} 已经在{contact}手上。"


def transferred_too_often(number: int, times: int, assignee: str) -> str:
    """Say that a case was transferred too often, and who decides now."""
    return f"#{number} 已经转过 {times} 次，这次交{assignee}来定。"


def no_such_case(number: int) -> str:
    """Say that there is no case of that number."""
    return f"没有 #{number} 这件工单，请核对编号。"


def unknown_contact(number: int, name: str) -> str:
    """Say that nobody of that name is in the routing file."""
    return f"#{number} 没认出要改派给谁：“{shorten(name)}”。请写岗位的全名，例如：改派 #{number} 网格员二"


def unknown_merge(number: int) -> str:
    """Ask for the number of the case that goes on."""
    return f"请写明合并到哪一件，例如：合并 #{number} 到 #8"


def cannot_merge(number: int, into: int, why: str) -> str:
    """Refuse a merge."""
    return f"#{number} 不能合并到 #{into}：{why}。"


def at_the_top(number: int, assignee: str) -> str:
    """Say that there is no tier above."""
    return f"#{number} 已经在最后一级（{assignee}），没有再上一级。"


def another_answer(number: int, by: str, text: str) -> str:
    """Show whoever answered what somebody else answered afterwards."""
    return f"#{number} {by}在您之后也答了，没有转给提问人：{text}\n您看要不要补充；要补充请发“#{number} 内容”。"


def answered_before(number: int, by: str) -> str:
    """Tell somebody that another one answered before; their words are kept."""
    return f"#{number} {by}已经答复了，您这条记在工单里，没有转给提问人。一定要转请发“#{number} 补充 内容”。"


def transferred_by(by: str, reason: str) -> str:
    """Say where a case comes from, and why."""
    return f"{by}转来：{reason}"


def returned_by(by: str, reason: str) -> str:
    """Say who returned a case, and why."""
    return f"{by}退回：{reason}"


def raised_by(by: str, reason: str) -> str:
    """Say who carried a case up, and why."""
    return f"{by}上报：{reason}"


def supervised_by(by: str, reason: str) -> str:
    """Say who put a case under supervision, and why."""
    return f"{by}交督办{f'：{reason}' if reason else ''}"


def reassigned_by(by: str, reason: str) -> str:
    """Say who assigned a case, and why."""
    return f"{by}改派{f'：{reason}' if reason else ''}"


def reopened_by(by: str, reason: str) -> str:
    """Say who opened a case again, and why."""
    return f"{by}重开：{reason}"


def not_reached(contact: str, why: str) -> str:
    """Say whose case somebody gets because no message reaches them."""
    return f"发给{contact}没有送达（{why}），现请您接办"


def check_binding(contact: str, why: str, number: int, instead: str) -> str:
    """Tell a worker that a contact cannot be reached, and who has the case instead."""
    return (
        f"提醒：发给{contact}的工单没有送达（{why}），#{number} 已改交{instead}。请核对{contact}的绑定：xiaoshao bind {contact}"
    )


def reminders(lines: Sequence[str]) -> str:
    """Remind a contact of several cases at once."""
    listed = "\n".join(lines)
    return f"【催办】您手上有 {len(lines)} 件待答复：\n{listed}\n请逐件答复：发“#编号 答复内容”；都收到了请回“收到”。"


def reminder_line(number: int, question: str, answer_by: datetime, now: datetime, *, acknowledged: bool) -> str:
    """One case in a reminder of several."""
    late = f"已过{moment(answer_by, now)}的时限" if answer_by <= now else f"{moment(answer_by, now)} 前"
    return f"#{number}「{shorten(question)}」{late}{'' if acknowledged else '，还没有签收'}"


def names_others(departments: Sequence[str]) -> str:
    """Say which other departments a question names, and how the case goes on to them."""
    return f"还提到{'、'.join(departments)}：请先答您这边的；要对方接着答，答完请回“转 {departments[0]} 原因”"


def stands_in(absent: str) -> str:
    """Say for whom somebody gets a case."""
    return f"{absent}不在岗，现请您接办"


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
