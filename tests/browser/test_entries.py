"""The curators' pages in a real browser and without one: finding, editing, trying, undoing, two at one entry, Excel."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from bot.app import Curated, load_curated
from bot.library.faq_file import load_library
from bot.settings import Settings
from bot.work.revisions import keep_versions
from tests.browser.accessibility import serious_findings
from tests.browser.doors import Guest, enter, logged_in, request
from tests.browser.relay_world import WORKER, RelayWorld, relayed

ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "screenshots"
ID = "forklift-plate"
OTHER = "网格员二"
NEW_PHRASING = "刚提的合力叉车要到哪个部门登记领牌"


KEPT = ("上牌与特种设备.yaml", "消防.yaml", "words.yaml")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Curated:
    """Two themes of the FAQ: what the checks do with all of them is tested elsewhere, and takes its time."""
    folder = tmp_path_factory.mktemp("small")
    for name in KEPT:
        shutil.copyfile(ROOT / "knowledge" / name, folder / name)
    return load_curated(Settings(knowledge=folder, routing=ROOT / "routing.yaml", data=folder / "ledger.db"))


@pytest.fixture
def knowledge(tmp_path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    for name in KEPT:
        shutil.copyfile(ROOT / "knowledge" / name, folder / name)
    return folder


@pytest.fixture
def world(tmp_path, small, knowledge):
    with relayed(tmp_path, small, knowledge=knowledge) as running:
        keep_versions(running.bot.ledger, load_library(knowledge).entries, lambda entry: "文件修改", running.bot.clock.now())
        yield running


@pytest.fixture
def browse(chromium: Browser, world):
    contexts, complaints = [], []

    def opened(path: str, *, width: int = 1280) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 860}, locale="zh-CN", is_mobile=width < 720)
        contexts.append(context)
        enter(context, world.bot.ledger, world.address, WORKER, world.wall.now())
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda it: complaints.append(it.text) if "Content Security Policy" in it.text else None)
        page.on("pageerror", lambda it: complaints.append(str(it)))
        page.goto(f"{world.address}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def worker(world: RelayWorld, who: str = WORKER) -> Guest:
    return logged_in(world.bot.ledger, world.address, who, now=world.wall.now())


def fields(page: str) -> dict[str, str]:
    """Return what a form's fields hold, as a browser without JavaScript would send them."""
    found = dict(re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.S))
    found |= dict(re.findall(r'<input (?:type="hidden" )?name="([^"]+)" value="([^"]*)"', page))
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {
        name: value.replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&")
        for name, value in found.items()
    }


def form_of(guest: Guest, path: str = f"/entries/{ID}") -> dict[str, str]:
    return {name: text for name, text in fields(guest.get(path).text).items() if name not in ("csrf", "form")}


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("width", [360, 1280])
def test_entry_is_found_changed_and_kept(browse, knowledge, width):
    page = browse("/entries", width=width)
    page.get_by_label("找").fill("叉车 上牌")
    page.get_by_role("button", name="找", exact=True).click()
    assert fits(page)
    page.screenshot(path=SHOTS / f"entries-{width}.png")
    page.locator(f'a[href="/entries/{ID}"]').click()
    page.locator("#entry[data-live]").wait_for()
    questions = page.locator('textarea[name="field-问法"]')
    questions.fill(f"{questions.input_value()}\n{NEW_PHRASING}")
    expect(page.locator("#look")).to_contain_text("江南路1588号", timeout=20_000)
    expect(page.locator("#look")).to_contain_text("会用本条")
    assert fits(page)
    page.screenshot(path=SHOTS / f"entry-{width}.png", full_page=True)
    page.get_by_role("button", name="检查并保存").click()
    expect(page.get_by_role("status")).to_contain_text("已保存", timeout=30_000)
    assert NEW_PHRASING in load_library(knowledge).entries[ID].questions
    assert serious_findings(page) == []
    page.get_by_role("link", name="历史").click()
    expect(page.get_by_text(f"＋ {NEW_PHRASING}")).to_be_visible()
    expect(page.get_by_text(f"{WORKER}（页面）")).to_be_visible()
    assert serious_findings(page) == []


def test_a_question_is_tried_with_reasons(browse):
    page = browse("/entries/try", width=360)
    page.get_by_label("群里的一句话").fill("新买的叉车去哪里上牌？")
    page.get_by_role("button", name="试试").click()
    expect(page.locator(".chip").first).to_have_text("直接回答")
    expect(page.get_by_text("最近的问法：")).to_be_visible()
    assert fits(page)
    page.screenshot(path=SHOTS / "entry-try-360.png", full_page=True)


def test_lists_are_filtered(world):
    guest = worker(world)
    assert '找到 <span class="num">0</span>' in guest.get(f"/entries?q={quote('没有这样的词')}").text
    assert ID in guest.get("/entries?flag=todo").text or ID in guest.get("/entries?flag=unused").text
    assert ID not in guest.get("/entries?flag=disliked").text


def test_fault_is_said_at_its_field_and_nothing_is_written(world, knowledge):
    guest, before = worker(world), (knowledge / "上牌与特种设备.yaml").read_bytes()
    answer = guest.post(f"/entries/{ID}/save", **{**form_of(guest), "field-核实日期": "昨天", "field-标题": "改过的标题"})
    assert answer.status == 422
    assert "不是日期" in answer.text and "改过的标题" in answer.text
    assert (knowledge / "上牌与特种设备.yaml").read_bytes() == before


def test_phrasing_of_another_entry_is_refused(world, knowledge):
    guest = worker(world)
    form = form_of(guest)
    stolen = next(entry for entry in load_library(knowledge).entries.values() if entry.id != ID).questions[0]
    answer = guest.post(f"/entries/{ID}/save", **{**form, "field-问法": f"{form['field-问法']}\n{stolen}"})
    assert answer.status == 422
    assert stolen in answer.text


def test_two_at_one_entry_lose_nothing(world, knowledge):
    first, second = worker(world), worker(world, OTHER)
    mine, theirs = form_of(first), form_of(second)
    assert first.post(f"/entries/{ID}/save", **{**mine, "field-标题": "叉车上牌（一）"}).status == 303
    # another field: joined
    answer = second.post(f"/entries/{ID}/save", **{**theirs, "field-问法": f"{theirs['field-问法']}\n{NEW_PHRASING}"})
    assert answer.status == 303
    entry = load_library(knowledge).entries[ID]
    assert (entry.title, NEW_PHRASING in entry.questions) == ("叉车上牌（一）", True)
    # the same field: the second sees what the first did, and keeps their own words
    answer = second.post(f"/entries/{ID}/save", once="fedcba9876543210", **{**theirs, "field-标题": "叉车上牌（二）"})
    assert answer.status == 409
    assert "叉车上牌（一）" in answer.text and "叉车上牌（二）" in answer.text and WORKER in answer.text
    again = {name: text for name, text in fields(answer.text).items() if name not in ("csrf", "form")}
    assert second.post(f"/entries/{ID}/save", once="fedcba9876543211", **again).status == 303
    assert load_library(knowledge).entries[ID].title == "叉车上牌（二）"


def test_earlier_version_comes_back_after_a_look(world, knowledge):
    guest = worker(world)
    form = form_of(guest)
    guest.post(f"/entries/{ID}/save", **{**form, "field-标题": "改坏的标题"})
    link = re.search(rf'href="(/entries/{ID}\?version=[^"]+)"', guest.get(f"/entries/{ID}/history").text)
    assert link
    restored = form_of(guest, link[1].replace("&amp;", "&"))
    assert restored["field-标题"] == form["field-标题"]
    assert guest.post(f"/entries/{ID}/save", once="fedcba9876543210", **restored).status == 303
    assert load_library(knowledge).entries[ID].title == form["field-标题"]


def test_new_entry(world, knowledge):
    guest = worker(world)
    form = form_of(guest, "/entries/new") | {"theme": "上牌与特种设备"}
    questions = [
        "观光车要不要上牌",
        "厂里的观光车怎么登记",
        "景区那种观光车去哪检验",
        "观光车牌照到期了怎么换",
        "买了辆观光车要办什么证",
    ]
    given = {
        "field-编号": "sightseeing-car",
        "field-标题": "观光车登记",
        "field-部门": "samr 市场监管局",
        "field-问法": "\n".join(questions),
        "field-答案": "非公路用旅游观光车辆属于特种设备，投入使用前或者投入使用后三十日内办理使用登记。具体窗口请问市场监管局。",
        "field-来源": "《特种设备安全法》第三十三条",
    }
    answer = guest.post("/entries/new/save", **{**form, **given})
    assert (answer.status, answer.headers["Location"]) == (303, "/entries/sightseeing-car"), re.findall(
        r'role="alert">([^<]+)', answer.text
    )
    assert load_library(knowledge).entries["sightseeing-car"].theme == "上牌与特种设备"


def test_markup_script_and_formulas_stay_text_in_every_field(world, knowledge):
    guest = worker(world)
    form = form_of(guest)
    evil = "=cmd()</textarea><script>alert(1)</script>"
    before = {path: path.read_bytes() for path in knowledge.iterdir()}
    for name in form:
        page = guest.post(f"/entries/{ID}/look", **{**form, name: evil}).text
        assert "<script>alert(1)" not in page, name
    answer = guest.post(f"/entries/{ID}/save", **dict.fromkeys(form, evil))
    assert answer.status in (409, 422) and "<script>alert(1)" not in answer.text
    assert {path: path.read_bytes() for path in knowledge.iterdir()} == before


# ── Excel ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("width", [360, 1280])
def test_workbook_is_downloaded_changed_uploaded_and_written_after_a_yes(browse, knowledge, tmp_path, width):
    page = browse("/entries/excel", width=width)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 Excel").click()
    path = tmp_path / "faq.xlsx"
    download.value.save_as(path)
    book = load_workbook(path)
    sheet = book["上牌与特种设备"]
    heads = {cell.value: cell.column for row in sheet.iter_rows(max_row=3) for cell in row if cell.value}
    row = next(cell.row for cell in sheet[("A")] if cell.value == ID)
    sheet.cell(row, heads["标题"]).value = "叉车上牌（Excel 改的）"
    book.save(path)
    page.get_by_label("Excel 文件").set_input_files(path)
    page.get_by_role("button", name="上传，看会改什么").click()
    expect(page.get_by_text("标题：")).to_be_visible(timeout=30_000)
    assert load_library(knowledge).entries[ID].title != "叉车上牌（Excel 改的）"
    assert fits(page)
    page.screenshot(path=SHOTS / f"entries-excel-{width}.png")
    page.get_by_role("button", name="写入 1 条").click()
    expect(page.get_by_role("status")).to_contain_text("已写入 1 条", timeout=30_000)
    assert load_library(knowledge).entries[ID].title == "叉车上牌（Excel 改的）"


def upload(guest: Guest, content: bytes) -> tuple[int, str]:
    border = "----border"
    parts = [
        f'--{border}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in (("csrf", guest.csrf), ("form", "0123456789abcdef"))
    ]
    head = f'--{border}\r\nContent-Disposition: form-data; name="workbook"; filename="faq.xlsx"\r\n'
    body = (
        b"".join(parts)
        + head.encode()
        + b"Content-Type: application/octet-stream\r\n\r\n"
        + content
        + f"\r\n--{border}--\r\n".encode()
    )
    answer = request(
        guest.address,
        "POST",
        "/entries/excel",
        body,
        {**guest.headers, "Content-Type": f"multipart/form-data; boundary={border}"},
    )
    location = answer.headers["Location"]
    if location:
        answer = guest.get(location)
    return answer.status, answer.text


def test_what_is_no_workbook_is_said(world):
    guest = worker(world)
    status, text = upload(guest, b"PK hello")
    assert (status, "打不开" in text or "坏了" in text) == (422, True)
    assert "先选一个 Excel 文件" in guest.post("/entries/excel").text


def test_50_megabytes_are_refused_while_they_come(world):
    guest = worker(world)
    try:
        status, text = upload(guest, b"x" * 50_000_000)
    except (BrokenPipeError, ConnectionResetError):
        return  # the server closed the door before everything was in
    assert (status, "太大了" in text) == (413, True)


@pytest.mark.parametrize(
    "path",
    [
        "/entries/excel/0123456789abcdef01234567",
        "/entries/excel/..%2f..%2fetc",
        "/entries/no-such-entry",
        "/entries/no-such-entry/history",
    ],
)
def test_guessed_addresses_lead_nowhere(world, path):
    assert worker(world).get(path).status == 404


@pytest.mark.parametrize("path", ["/entries", "/entries.xlsx", f"/entries/{ID}", "/entries/try", "/entries/excel"])
def test_not_for_contacts(world, path):
    assert worker(world, "税务局联络员").get(path).status == 403


def test_answered_question_becomes_an_entry_or_a_phrasing(world):
    world.opened("个人股东转让股权的个人所得税怎么申报")
    (case,) = world.cases()
    answer = {"id": "answer-of-the-contact", "as": case.assignee, "room": "", "text": "#1 先在电子税务局办个税申报，再去改执照"}
    assert world.ask("POST", "/messages", answer)[0] == 204
    guest = worker(world)
    page = guest.get("/candidates/1").text
    assert 'href="/entries/new?candidate=1"' in page
    form = form_of(guest, "/entries/new?candidate=1")
    assert form["field-问法"].strip() == "个人股东转让股权的个人所得税怎么申报"
    assert form["field-答案"].strip() == "先在电子税务局办个税申报，再去改执照"
    added = form_of(guest, f"/entries/{ID}?candidate=1")
    assert added["field-问法"].splitlines()[-1] == "个人股东转让股权的个人所得税怎么申报"
    assert guest.get("/entries/new?candidate=99").status == 404
