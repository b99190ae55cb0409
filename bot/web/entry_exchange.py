"""The FAQ as an Excel workbook: downloaded, uploaded again, what it would change shown before it counts, and then written."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import XiaoshaoError
from bot.library.exchange.differences import describe, summary
from bot.library.exchange.importing import Plan
from bot.library.exchange.workbook_file import UnusableWorkbook
from bot.web.entries import curating_of
from bot.web.forms import Refused
from bot.web.roles import Role
from bot.web.site import Site
from bot.web.visit import Visit

UPLOAD_LIMIT = 20_000_000
"""Bytes."""

KEPT = timedelta(days=1)
"""How long an uploaded workbook waits for a yes."""

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NAME = re.compile(r"[0-9a-f]{24}")
_LINES = 400


class EntryExchangeDesk:
    """Download and upload. An uploaded file waits in the folder ``uploads`` beside the ledger, so that a restart loses none."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """Return where they are."""
        return [
            self._site.page("/entries.xlsx", self.download, Role.CURATOR),
            self._site.page("/entries/excel", self.page, Role.CURATOR),
            self._site.action("/entries/excel", self.upload, Role.CURATOR, body_limit=UPLOAD_LIMIT + 100_000),
            self._site.page("/entries/excel/{name}", self.shown, Role.CURATOR),
            self._site.action("/entries/excel/{name}", self.write, Role.CURATOR),
        ]

    def download(self, visit: Visit) -> Response:
        """Return the whole FAQ as a workbook."""
        content = curating_of(visit).workbook()
        visit.note("下载知识库")
        named = f'attachment; filename="faq-{visit.now:%Y-%m-%d}.xlsx"'
        return Response(content, media_type=_XLSX, headers={"Content-Disposition": named})

    def page(self, visit: Visit) -> Response:
        """Show where to download and upload."""
        assert curating_of(visit)
        return visit.show("entry_excel.html", plan=None)

    def upload(self, visit: Visit) -> Response:
        """Keep an uploaded workbook and show what it would change."""
        given = visit.form.get("workbook")
        if not isinstance(given, UploadFile) or not given.filename:
            raise Refused("先选一个 Excel 文件（.xlsx）")
        with given.file as file:
            content = file.read(UPLOAD_LIMIT + 1)
        if len(content) > UPLOAD_LIMIT:
            raise Refused(f"太大了：最多 {UPLOAD_LIMIT // 1_000_000} MB", status=413)
        folder = _folder(visit)
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder, visit.services.wall.now())
        name = secrets.token_hex(12)
        (folder / f"{name}.xlsx").write_bytes(content)
        return visit.go(f"/entries/excel/{name}")

    def shown(self, visit: Visit) -> Response:
        """Show what an uploaded workbook would change; nothing is written."""
        plan = self._plan(visit)
        lines = list(describe(plan))
        counted: dict[str, Any] = {"lines": lines[:_LINES], "more": max(len(lines) - _LINES, 0), "summary": summary(plan)}
        return visit.show("entry_excel.html", plan=plan, name=visit.path("name"), **counted)

    def write(self, visit: Visit) -> Response:
        """Write what the workbook changes, as the files are now."""
        plan = self._plan(visit)
        curating_of(visit).write(plan, f"{visit.who}（Excel）")
        visit.note("导入 Excel", "", summary(plan))
        _file(visit).unlink(missing_ok=True)
        refused = f"；{len(plan.refusals)} 处有错没有读" if plan.refusals else ""
        return visit.go("/entries", f"已写入 {len(plan.changes)} 条，几秒内生效{refused}")

    def _plan(self, visit: Visit) -> Plan:
        path = _file(visit)
        if not path.exists():
            raise Refused("这个文件不在了：上传超过一天，或者已经写入过。请再上传一次", status=404)
        try:
            return curating_of(visit).plan_workbook(path)
        except UnusableWorkbook as fault:
            raise Refused(str(fault).replace(f"{path}：", "")) from None
        except XiaoshaoError as fault:
            raise Refused(f"现在读不了：{fault}") from None


def _folder(visit: Visit) -> Path:
    return curating_of(visit).uploads


def _file(visit: Visit) -> Path:
    name = visit.path("name")
    if not _NAME.fullmatch(name):
        raise Refused("没有这个文件", status=404)
    return _folder(visit) / f"{name}.xlsx"


def _sweep(folder: Path, now: datetime) -> None:
    for path in folder.glob("*.xlsx"):
        if now.timestamp() - path.stat().st_mtime > KEPT.total_seconds():
            path.unlink(missing_ok=True)
