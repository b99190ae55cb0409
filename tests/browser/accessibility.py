"""What the accessibility checker says of a page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")


def serious_findings(page: Page) -> list[str]:
    """Return every serious finding with the elements that it is about; make test installs the checker."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{it['id']}: {it['help']}: {node['html'][:160]} {(node['any'] or [{}])[0].get('message', '')}"
        for it in found["violations"]
        if it["impact"] in SERIOUS
        for node in it["nodes"]
    ]
