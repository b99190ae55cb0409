"""Entries of a community's own that stand in for one of the district's (``replaces``): what must hold among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.errors import Problem
from bot.library.faq_entries import Outline, bare
from bot.library.places import Place, Places
from bot.library.yaml_lines import did_you_mean
from bot.model import Entry


def faulty_stand_ins(outlines: Mapping[str, Outline], places: Places) -> Iterator[Problem]:
    """Yield what is wrong between stand-ins and the entries that they replace; ``outlines`` has every id, sound entry or not."""
    taken: dict[tuple[str, str], str] = {}
    for name, outline in outlines.items():
        if not outline.replaces:
            continue
        faults = list(_faults(name, outline, outlines, places))
        yield from faults
        clashes: dict[str, list[str]] = {}
        for community in () if faults else outline.communities or ():
            other = taken.setdefault((outline.replaces, community), name)
            if other != name:
                clashes.setdefault(other, []).append(community)
        for other, both in clashes.items():
            message = f"条目 {name} 和 {other} 都要在{'、'.join(both)}代替 {outline.replaces}"
            message += f"，另一处在 {places.at(other, 'replaces')}"
            yield _problem(places.at(name, "replaces"), message, "一个社区只留一条")


def denied_phrasings(entries: Mapping[str, Entry], places: Places) -> Iterator[Problem]:
    """Yield the near misses of an entry that are phrasings of its stand-in, or the other way round: to matching they are one."""
    shared = {entry.replaces for entry in entries.values() if entry.replaces}
    family = [entry for entry in entries.values() if entry.matched_as in shared]
    asked = {(entry.matched_as, bare(text)): (entry.id, text) for entry in family for text in entry.questions}
    for entry in family:
        for near_miss in entry.not_this:
            other, text = asked.get((entry.matched_as, bare(near_miss)), (entry.id, ""))
            if other != entry.id:
                message = f"“{near_miss}”写在条目 {entry.id} 的 not_this 里，又是 {other} 的问法，而这两条是一件事，另一处在 "
                yield _problem(places.at(entry.id, near_miss), f"{message}{places.at(other, text)}", "只留一处")


def _faults(name: str, outline: Outline, outlines: Mapping[str, Outline], places: Places) -> Iterator[Problem]:
    here = places.at(name, "replaces")
    replaced = outlines.get(outline.replaces)
    if outline.replaces == name:
        yield _problem(here, f"条目 {name} 代替的是它自己", "写区里那一条的编号；没有要代替的就删掉这一项")
    elif replaced is None:
        yield _problem(here, f"条目 {name} 要代替的“{outline.replaces}”不存在", _meant(outline.replaces, name, outlines))
    elif replaced.replaces:
        message = f"条目 {name} 要代替的 {outline.replaces} 自己就是代替 {replaced.replaces} 的"
        yield _problem(here, message, f"直接代替区里的那一条：写 {replaced.replaces}")
    if outline.communities == ():
        yield _problem(here, f"条目 {name} 没有写在哪些社区代替 {outline.replaces}", "补上 communities，写明社区")
    elif replaced and replaced.communities and outline.communities and replaced is not outline:
        outside = "、".join(place for place in outline.communities if place not in replaced.communities)
        if outside:
            message = f"条目 {name} 要在{outside}代替 {outline.replaces}，可是那一条本来就不用在{outside}"
            yield _problem(places.at(name, "communities"), message, f"去掉{outside}，或让 {outline.replaces} 也用在{outside}")


def _meant(word: str, name: str, outlines: Mapping[str, Outline]) -> str:
    """Return the mend for an unknown entry: the id of the one so titled, else the nearest id."""
    others = {one: outline for one, outline in outlines.items() if one != name and not outline.replaces}
    titled = next((one for one, outline in others.items() if outline.title == word), "")
    return f"这里要写条目的编号“{titled}”" if titled else did_you_mean(word, others) or "写区里那一条的编号"


def _problem(place: Place, message: str, mend: str) -> Problem:
    return Problem(place.file, place.line, message, mend)
