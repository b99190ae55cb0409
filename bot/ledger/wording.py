"""The short Chinese word for what happened to a case, read off its old and its new version."""

from __future__ import annotations

from bot.model import Case, Event, Status, Ticked


def what_changed(old: Case | None, new: Case, event: Event) -> str:
    """Name the change, such as 登记, 签收 or 评价、办结."""
    if old is None:
        return "等待同行" if new.status is Status.WAITING else "登记"
    words = [*_content(old, new), *_course(old, new)]
    if not words:
        words = ["催办" if isinstance(event, Ticked) else "更新"]
    return "、".join(dict.fromkeys(words))


def _content(old: Case, new: Case) -> list[str]:
    words = []
    if len(new.askers) > len(old.askers):
        words.append("加入")
    if len(new.askers) < len(old.askers):
        words.append("一家退出")
    if len(new.peers) > len(old.peers):
        words.append("同行回答")
    if len(new.notes) > len(old.notes):
        words.append("补充")
    if len(new.replies) > len(old.replies):
        last = new.replies[-1]
        words.append("先行回复" if last.partial else "又有人答" if last.withheld else "答复")
    if new.rating is not None and new.rating != old.rating:
        words.append("评价")
    return words


def _course(old: Case, new: Case) -> list[str]:
    words = []
    if new.reopened > old.reopened or (old.status.terminal and not new.status.terminal):
        words.append("重开")
    if new.supervised and not old.supervised:
        words.append("督办")
    if new.merged_into is not None and old.merged_into is None:
        words.append("合并")
    if new.transfers > old.transfers:
        words.append("转办")
    elif new.moves > old.moves and not new.supervised and new.assignee != old.assignee:
        words.append("换人办理")
    elif _tier(new) > _tier(old):
        words.append("转出" if old.plan is None else "升级")
    if new.status is not old.status and new.status in _REACHED:
        words.append(_REACHED[new.status])
    return words


_REACHED = {Status.ACKNOWLEDGED: "签收", Status.ANSWERED: "答复", Status.CLOSED: "办结", Status.WITHDRAWN: "撤回"}


def _tier(case: Case) -> int:
    return case.plan.tier if case.plan else -1
