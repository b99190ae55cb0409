"""``xiaoshao bind``: binding codes, who is bound by which id since when, and unbinding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated

import typer

from bot.cli.curated import RoutingOption, SettingsOption, find_settings
from bot.cli.opened import DataOption, opened_ledger, time_now, user_at, with_data
from bot.errors import XiaoshaoError
from bot.ledger.port import BindingChange, BindingStep, Transaction
from bot.library.routing_file import load_routing
from bot.library.yaml_lines import did_you_mean
from bot.model import Binding, BindingCode
from bot.routing.config import Routing

_STEPS = {BindingStep.BOUND: "绑定", BindingStep.REPLACED: "被新账号代替", BindingStep.UNBOUND: "解除"}


def bind(
    names: Annotated[list[str] | None, typer.Argument(metavar="联络员", help="routing.yaml 里的名称，可以写几个")] = None,
    show: Annotated[bool, typer.Option("--list", help="列出谁绑定了、用哪个账号、从什么时候起；写上名称就连经过一起列")] = False,
    remove: Annotated[str, typer.Option("--remove", metavar="联络员", help="解除这个联络员的绑定，没用的码也作废")] = "",
    channel: Annotated[str, typer.Option("--channel", metavar="渠道", help="跟 --remove 一起用：只解除这个渠道上的")] = "",
    data: DataOption = None,
    routing: RoutingOption = None,
    settings: SettingsOption = None,
) -> None:
    """给联络员或社工发绑定码：本人私聊小哨发一次码，就绑定了。码 24 小时内有效，只能用一次，只显示这一次。"""
    chosen = with_data(find_settings(settings, None, routing), data)
    rules = load_routing(chosen.routing)
    wanted = tuple(dict.fromkeys(names or ()))
    if sum((show, bool(remove), bool(wanted) and not show)) != 1 or (channel and not remove):
        raise XiaoshaoError(
            "写上给谁发码：xiaoshao bind 税务局联络员；看绑定：xiaoshao bind --list；解除：xiaoshao bind --remove 税务局联络员"
        )
    with opened_ledger(chosen) as ledger:
        now = time_now(chosen, ledger)
        with ledger.transaction() as transaction:
            lines = list(_done(transaction, rules, wanted, show, remove, channel, now))
    for line in lines:
        typer.echo(line)


def _done(
    transaction: Transaction, rules: Routing, names: Sequence[str], show: bool, remove: str, channel: str, now: datetime
) -> Iterator[str]:
    known = {*rules.contacts, *(each.contact for each in transaction.bindings())}
    if show:
        _check_names(names, {*known, *(change.contact for change in transaction.binding_history())})
        yield from _listed(transaction, rules, names, now)
    elif remove:
        _check_names((remove,), known)
        yield from _removed(transaction, remove, channel, now)
    else:
        _check_names(names, rules.contacts)
        yield from _made(transaction, names, now)


def _check_names(names: Iterable[str], known: Iterable[str]) -> None:
    there = set(known)
    where = "名称写在 routing.yaml 的 contacts 里"
    faults = [f"没有联络员“{name}”（{did_you_mean(name, there) or where}）" for name in names if name not in there]
    if faults:
        raise XiaoshaoError("\n".join(faults))


def _made(transaction: Transaction, names: Sequence[str], now: datetime) -> Iterator[str]:
    for name in names:
        code = transaction.make_code(name, now, by=user_at("发绑定码"))
        made = next(each for each in reversed(transaction.good_codes(now)) if each.contact == name)
        yield f"{name}　{code[:4]}-{code[4:]}　{made.expires_at:%Y-%m-%d %H:%M} 前有效"
    yield "请本人私聊小哨，单独发这个码（横线可以不打），发一次就绑定。不要发在群里；码只显示这一次，丢了就重新发。"


def _removed(transaction: Transaction, name: str, channel: str, now: datetime) -> Iterator[str]:
    released = transaction.unbind(name, now, channel=channel, by=user_at("解除绑定"))
    for binding in released:
        yield f"已解除 {name} 在 {binding.channel} 的绑定：{_id_of(binding)}"
    if not released:
        where = f"在 {channel} " if channel else ""
        yield f"{name}{where}没有绑定；没用的码都作废了。"
    elif not transaction.bindings(name):
        yield f"{name}现在没有任何账号，转给他的工单送不到，会上报下一级；要恢复：xiaoshao bind {name}"


def _listed(transaction: Transaction, rules: Routing, names: Sequence[str], now: datetime) -> Iterator[str]:
    bindings, codes = transaction.bindings(), transaction.good_codes(now)
    former = dict.fromkeys(each.contact for each in bindings if each.contact not in rules.contacts)
    for name in names or (*rules.contacts, *former):
        own = [each for each in bindings if each.contact == name]
        yield f"{name}{_remark(name, rules)}{'' if own else '　没有绑定'}"
        yield from (f"    {each.channel}　{_id_of(each)}　{each.bound_at:%Y-%m-%d %H:%M} 起" for each in own)
        yield from (_waiting(code) for code in codes if code.contact == name)
        if names:
            yield from map(_told, transaction.binding_history(name))
    if not names:
        missing = rules.contacts.keys() - {each.contact for each in bindings}
        yield f"{len(rules.contacts) - len(missing)} 人已绑定，{len(missing)} 人没有。"


def _remark(name: str, rules: Routing) -> str:
    if name not in rules.contacts:
        return "（routing.yaml 里已经没有）"
    key = rules.department_of(name)
    return f"（{rules.departments[key].name}）" if key and key in rules.departments else ""


def _id_of(binding: Binding) -> str:
    return f"{binding.person}（昵称 {binding.name}）" if binding.name else binding.person


def _waiting(code: BindingCode) -> str:
    return f"    有一个码还没有用，{code.expires_at:%Y-%m-%d %H:%M} 前有效"


def _told(change: BindingChange) -> str:
    nickname = f"（昵称 {change.name}）" if change.name else ""
    by = f"　{change.by}" if change.by else ""
    return f"    {change.at:%Y-%m-%d %H:%M}　{_STEPS[change.step]}　{change.channel}　{change.person}{nickname}{by}"
