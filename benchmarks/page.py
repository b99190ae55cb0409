"""How long the program takes to start, and from a message posted to the reply shown on the page, with the whole FAQ loaded.

The comparison in the same run is the page alone: a message that gets no reply, from posted to shown as registered.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bot.desk.scene import REPLIES_IN_DIRECT
from bot.library.faq_file import load_library

ROOT = Path(__file__).parents[1]
ROUNDS = REPLIES_IN_DIRECT
"""As many as one person may get at once: what is asked beyond that is answered later."""
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]

ASK = """async ([text, selector]) => {
  const want = document.querySelectorAll(selector).length + 1;
  const shown = new Promise((done) => {
    const watcher = new MutationObserver(() => {
      if (document.querySelectorAll(selector).length < want) return;
      watcher.disconnect();
      done();
    });
    watcher.observe(document.getElementById("bubbles"), { childList: true, subtree: true, attributes: true });
  });
  document.getElementById("text").value = text;
  const start = performance.now();
  document.getElementById("compose").requestSubmit();
  await shown;
  return performance.now() - start;
}"""


@contextmanager
def running(data: Path) -> Iterator[tuple[str, float]]:
    """Start the program and yield its address and the seconds until it listened."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "bot.cli", "run", "--no-browser", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"http://\S+?/", process.stdout.readline())
        assert found, "the program did not start"
        yield found.group(0), time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(timeout=20)


def timed(page: Page, texts: list[str], selector: str) -> list[float]:
    """Return the milliseconds until each text had its effect on the page."""
    return [page.evaluate(ASK, [text, selector]) for text in texts]


def main() -> None:
    """Measure and print."""
    entries = list(load_library(ROOT / "knowledge").entries.values())
    questions = [entry.questions[0] for entry in entries[:ROUNDS]]
    with tempfile.TemporaryDirectory() as folder:
        starts = []
        for attempt in range(4):
            with running(Path(folder) / f"{attempt}.db") as (_, seconds):
                starts.append(seconds)
        with running(Path(folder) / "page.db") as (address, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
            page = browser.new_page()
            page.goto(f"{address}?as=泰准金属-安全员")
            page.locator("[data-chat^='direct']").first.click()
            page.wait_for_timeout(500)
            replies = timed(page, questions, ".from-bot .bubble")
            silent = timed(page, [f"收到 {number}" for number in range(ROUNDS)], ".mine[data-state='registered']")
            browser.close()
    print(
        f"start-up with everything to be built: {starts[0]:.2f} s; afterwards: median {statistics.median(starts[1:]):.2f} s of 3"
    )
    print(f"posted to reply shown: median {statistics.median(replies):.0f} ms, worst {max(replies):.0f} ms of {len(replies)}")
    print(f"posted to registered, no reply: median {statistics.median(silent):.0f} ms")
    print(f"ratio: {statistics.median(replies) / statistics.median(silent):.2f}")
