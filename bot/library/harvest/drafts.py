"""A candidate as the draft of an FAQ entry, which cannot go live before a person has filled in and checked it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.errors import XiaoshaoError
from bot.library.harvest.candidates import Candidate, Given
from bot.text import essence, normalise

FOLDER = "drafts"
"""The folder beside the knowledge folder in which drafts wait; nothing in it is read by the bot."""

TO_FILL = "待填"
"""Stands where a person must write something; the loader refuses it as an id and as a date."""

_TITLE_AT_MOST = 20
_WORDINGS_AT_MOST = 12
_ENDLESS = 1 << 30


def draft(candidate: Candidate) -> str:
    """Return the YAML of an entry with the answers as raw material."""
    entry = {
        "id": TO_FILL,
        "title": essence(normalise(candidate.question))[:_TITLE_AT_MOST],
        "department": candidate.department,
        "questions": list(candidate.wordings[:_WORDINGS_AT_MOST]),
        "answer": "\n".join(
            ["【素材，请改写成分步骤的答案】", *(f"{_said_by(given)}：{given.text}" for given in candidate.answers)]
        ),
        "source": TO_FILL,
        "verified_on": TO_FILL,
        "review_every": "180d",
        "todo": ["待核实：答案是群里同行和联络员的原话，依据和时效都没有核对过", "待补：换几种说法，问法至少写十种"],
    }
    head = (
        f"# 候选 {candidate.number} 的草稿（问过 {candidate.asked} 次）。小哨不读这个文件夹。\n"
        f"# 把“{TO_FILL}”的都填好、答案改写并核实以后，整条移到 knowledge/ 里对应主题的文件，再运行 xiaoshao check。\n"
    )
    return head + yaml.dump(
        [entry], Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=_ENDLESS
    )


def write_draft(candidate: Candidate, knowledge: Path) -> Path:
    """Write the draft into the folder beside the knowledge folder and return its place.

    Raises ``XiaoshaoError`` if there is one already, OSError if it can't be written.
    """
    path = knowledge.resolve().parent / FOLDER / f"候选-{candidate.number}.yaml"
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(draft(candidate))
    except FileExistsError:
        raise XiaoshaoError(f"{path}：这个候选已经有草稿了，没有动它（想重新起草，先把它删掉或改名）") from None
    return path


def _said_by(given: Given) -> str:
    kind = "同行" if given.peer else "部门"
    rating = f"，评价 {given.rating} 分" if given.rating else ""
    return f"{kind}：{given.by}（{given.at:%Y-%m-%d}{rating}）"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, as the curators' files have them."""


def _text(dumper: yaml.SafeDumper, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
