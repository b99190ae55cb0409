"""Words of asking that ask nothing: 啥都干不了, 没几块钱, 写多少就多少, 看你是什么行业."""

from __future__ import annotations

import re

_WORD = r"(?:什么|啥|谁|怎么|咋|多少|哪(?:里|儿|个|家|天|年)?)"
_IF = r"有没有|是不是|要不要|能不能"
_HERE = r"[^,，。;!?]"
"""A character that ends no clause."""

_INDEFINITE = re.compile(
    # whatever, whoever: 啥都干不了, 谁都不敢, 写多少就多少
    rf"(?:什么|啥|谁|怎么|咋|哪[里儿个家天])[^,，。;!?、\s要]{{0,3}}[都也](?!要|能|可以|行|算|得|是不是|会)|"
    rf"(多少|什么|啥|谁|怎么|哪[里儿个家天]?){_HERE}{{0,8}}[,， ]?就{_HERE}{{0,6}}\1|"
    # not much: 没几块钱, 没什么关系, 不怎么样
    r"(?<!有)没有?(?:什么|啥|几|多少|怎么|谁)|不是?(?:怎么|什么)样?(?=[^,，。?]{0,6}(?:[,，。]|$))|"
    # some: 好几天, 前几天, 这几个, 几下
    r"(?:[十百千这那好过隔没头近]|(?<!提)前)几|几[十百千下句]|"
    # nobody knows: 咋弄的我也没搞懂, 要多少我也没数
    rf"{_WORD}{_HERE}{{0,10}}我们?[也都]?[不没](?:知道|晓得|清楚|搞懂|搞清|懂|数|记|听|管|问)|"
    # nobody knows, and it happened: 不知道怎么回事就办下来了
    rf"不(?:知道|晓得|清楚){_WORD}(?:回事|搞的|弄的|原因|情况)?{_HERE}{{0,8}}[就又都]|"
    # it depends, or is to be found out: 要看你是什么行业, 写清楚谁负责, 问他有没有
    rf"(?:[要得就还先也]看|[写说讲问弄搞列填]清楚|写明|问明)[^,，。;!?看]{{0,8}}(?:{_WORD}|几|{_IF})|"
    rf"(?:问[他她伊]|问人家|问对方|问房东|不管|无论|不论|随便){_HERE}{{0,8}}(?:{_WORD}|几|{_IF})|"
    # turns of speech
    r"怎么(?:可能|说呢|讲呢|好意思|敢|会不)|(?<![干做管是叫办搞])(?:什么|啥)(?:的|之类)(?=[,，。;! ]|$)|"
    r"谁(?:想到|料|叫|让|敢|怕)|哪有(?:那么|这么|不)|怕(?:什么|啥)|你们?说(.)不\2"
)


def definite(text: str) -> str:
    """Return a normalised text with one neutral word in the place of each that asks nothing."""
    return _INDEFINITE.sub("某", text)
