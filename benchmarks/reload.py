"""How long a saved edit of the FAQ takes until the running bot answers by it; the comparison is the look at the files alone.

Run ``python -m benchmarks.reload``. An answer that was mended is text only; a new phrasing needs the matching built anew.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.app import Bot, load_curated, open_bot
from bot.channels.page import PERSON_PREFIX, PageChannel
from bot.settings import Settings
from bot.work.reload import EVERY

ROOT = Path(__file__).parents[1]
FILE, ENTRY = "上牌与特种设备.yaml", "forklift-plate"
ANSWER, PHRASING = "新叉车上牌不去车管所，分两步：先报检，后登记。", "  - 新买的叉车去哪里上牌\n"
ROUNDS = 5
LONGEST = 60.0


def main() -> None:
    """Edit a copy of the FAQ under a running bot and print the seconds until each edit was in force."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        shutil.copytree(ROOT / "knowledge", here / "knowledge")
        settings = Settings(data=here / "ledger.db", knowledge=here / "knowledge", routing=ROOT / "routing.yaml")
        curated = load_curated(settings)
        bot = open_bot(settings, curated, PageChannel(curated.routing.rooms), PERSON_PREFIX, lambda: None)
        bot.start()
        try:
            time.sleep(2 * EVERY)
            file = here / "knowledge" / FILE
            texts = [_edited(bot, file, ANSWER, f"{ANSWER}（改{n}）", _mended(bot, f"（改{n}）")) for n in range(ROUNDS)]
            phrasings = [_edited(bot, file, PHRASING, f"{PHRASING}  - {_new(n)}\n", _found(bot, _new(n))) for n in range(ROUNDS)]
        finally:
            bot.close()
    for name, seconds in (("改过的答案", texts), ("新加的问法", phrasings)):
        print(
            f"{name}：保存后 {statistics.median(seconds):.2f} 秒生效（{min(seconds):.2f}–{max(seconds):.2f}，{len(seconds)} 次）"
        )
    print(f"其中每 {EVERY} 秒看一次文件")


def _new(number: int) -> str:
    return ("铁骡子上路凭啥", "黄家伙要不要挂个号", "举货的四轮摩托登记本", "新到的搬运机器报户口", "库房那台大力士领证明")[
        number
    ]


def _edited(bot: Bot, file: Path, old: str, new: str, done: Callable[[], bool]) -> float:
    text = file.read_text(encoding="utf-8")
    assert old in text
    start = time.perf_counter()
    file.write_text(text.replace(old, new), encoding="utf-8")
    _wait(done)
    seconds = time.perf_counter() - start
    before = bot.knowledge.ranker
    _wait(lambda: bot.knowledge.ranker is not before)  # the last that is built anew: the next edit finds the bot at rest
    return seconds


def _wait(done: Callable[[], bool]) -> None:
    start = time.perf_counter()
    while not done():
        assert time.perf_counter() - start < LONGEST, "the edit was not taken over"
        time.sleep(0.01)


def _mended(bot: Bot, mark: str) -> Callable[[], bool]:
    return lambda: mark in bot.knowledge.library.entries[ENTRY].answer


def _found(bot: Bot, phrasing: str) -> Callable[[], bool]:
    def found() -> bool:
        judged = bot.knowledge.matcher.judge(phrasing)
        return judged.verdict == "answer" and judged.candidates[0].entry_id == ENTRY

    return found


if __name__ == "__main__":
    main()
