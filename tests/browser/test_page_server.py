"""The page's server without a browser: what it refuses, its headers, the event stream, and its stop."""

from __future__ import annotations

import json
import socket
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bot.errors import LedgerError, LedgerFull, XiaoshaoError
from bot.web.pages import STATIC
from bot.web.server import open_socket
from tests.browser.world import QUESTION, served

ROOM = "安全生产互助协会"
MESSAGE = {"id": "0123456789abcdef", "as": "泰准金属-安全员", "room": ROOM, "text": "新叉车上牌"}


def ask(world, method: str, path: str, body: object = None, **headers: str):
    connection = HTTPConnection(world.address.removeprefix("http://"), timeout=5)
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    connection.request(method, path, data, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, (json.loads(text) if text.startswith("{") else text)


def post(world, path: str, body: object, **headers: str):
    answer, said = ask(world, "POST", path, body, **headers)
    return answer.status, said


@contextmanager
def stream(world, query: str = "", **headers: str):
    """Yield a function that returns the next event as (id, name, data)."""
    connection = HTTPConnection(world.address.removeprefix("http://"), timeout=5)
    connection.request("GET", f"/events{query}", headers=headers)
    answer = connection.getresponse()

    def following():
        found = {}
        while line := answer.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            found[name] = value
        return following() if "event" not in found else (found.get("id"), found["event"], json.loads(found["data"]))

    yield following
    connection.close()


def test_page_keeps_to_itself(world):
    answer, text = ask(world, "GET", "/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "http://" not in text and "https://" not in text
    assert "<style" not in text and "onclick" not in text


def test_assets_are_small_and_come_from_here():
    assert (STATIC / "chat.css").stat().st_size < 30_000
    for file in STATIC.iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text and "innerHTML" not in text, file.name


def test_every_asset_that_the_page_names_is_served(world):
    for file in STATIC.iterdir():
        answer, _ = ask(world, "GET", f"/static/{file.name}")
        assert answer.status == 200
        assert answer.headers["Content-Security-Policy"]
    assert ask(world, "GET", "/static/../services.py")[0].status == 404
    assert ask(world, "GET", "/static/%2e%2e/services.py")[0].status == 404


def test_names_in_the_page_cannot_end_its_data_block(world):
    _, text = ask(world, "GET", "/?as=</script><script>alert(1)</script>")
    assert "alert(1)" not in text


def test_message_is_registered_once_however_often_it_is_posted(world):
    assert [post(world, "/messages", MESSAGE)[0] for _ in range(3)] == [204, 204, 204]
    assert [bubble.message_id for bubble in world.bubbles() if bubble.sender] == [MESSAGE["id"]]


def test_mentions_are_told_by_name(world):
    text = "@小哨 @税务局联络员 @宏达-安全员 看一下"
    post(world, "/messages", {**MESSAGE, "text": text, "mentions": ["宏达-安全员", "没提到的", 7, None]})
    said = world.said[0]
    assert said.mentions_bot
    assert set(said.mentions) == {"page:税务局联络员", "page:宏达-安全员"}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"text": ""}, 422),
        ({"text": " \n\t "}, 422),
        ({"text": None}, 422),
        ({"text": ["列表"]}, 422),
        ({"id": ""}, 422),
        ({"id": "短"}, 422),
        ({"id": 12345678}, 422),
        ({"id": "../../etc/passwd"}, 422),
        ({"room": "没有的群"}, 404),
    ],
)
def test_unfit_message_is_refused_with_a_sentence(world, change, status):
    refused, said = post(world, "/messages", {**MESSAGE, **change})
    assert refused == status
    assert said["error"]
    assert world.bubbles() == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_broken_json_is_refused(world, body):
    status, said = post(world, "/messages", body)
    assert status == 422
    assert "JSON" in said["error"]


def test_huge_body_is_refused_and_a_hundred_thousand_characters_are_not(world):
    assert post(world, "/messages", {**MESSAGE, "text": "长" * 400_000})[0] == 413
    assert post(world, "/messages", {**MESSAGE, "text": "长" * 100_000})[0] == 204
    assert len(world.bubbles()[0].text) == 100_000


def test_posts_of_other_sites_are_refused(world):
    assert post(world, "/messages", MESSAGE, **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert post(world, "/messages", MESSAGE, **{"Content-Type": "text/plain"})[0] == 415
    assert post(world, "/clock", {"seconds": 60}, **{"Sec-Fetch-Site": "same-site"})[0] == 403
    assert world.bubbles() == []


@pytest.mark.parametrize(
    ("fault", "status"), [(LedgerFull("磁盘满了，没有登记"), 507), (LedgerError("账本锁住了，没有登记"), 503)]
)
def test_ledger_trouble_is_no_receipt(world, fault, status):
    world.failing.append(fault)
    assert post(world, "/messages", MESSAGE) == (status, {"error": str(fault)})
    assert world.bubbles() == []
    assert post(world, "/messages", MESSAGE)[0] == 204


def test_half_a_surrogate_pair_and_nul_are_taken(world):
    body = json.dumps({**MESSAGE, "text": "甲\ud800乙\0", "as": "名\udfff"}).encode()
    assert post(world, "/messages", body)[0] == 204
    with stream(world) as following:
        _, _, news = following()
    assert news["bubbles"][0]["text"].startswith("甲\ufffd乙")


def test_only_ones_own_fresh_message_can_be_recalled(world):
    post(world, "/messages", MESSAGE)
    recall = {key: MESSAGE[key] for key in ("id", "as", "room")}
    assert post(world, "/recalls", {**recall, "as": "恒锐模具-人事"})[0] == 404
    assert post(world, "/recalls", {**recall, "id": "fedcba9876543210"})[0] == 404
    assert post(world, "/recalls", {**recall, "room": ""})[0] == 404
    assert post(world, "/recalls", recall)[0] == 204
    assert post(world, "/recalls", recall)[0] == 204
    assert [bubble.recalled for bubble in world.bubbles() if bubble.sender] == [True]


def test_old_message_cannot_be_recalled(world):
    post(world, "/messages", MESSAGE)
    assert post(world, "/clock", {"seconds": 121})[0] == 200
    status, said = post(world, "/recalls", {key: MESSAGE[key] for key in ("id", "as", "room")})
    assert (status, said["error"]) == (409, "发出超过两分钟，不能撤回了")


@pytest.mark.parametrize("seconds", [0, -60, "60", True, None, 1.5, 10**12])
def test_clock_goes_forward_by_sane_steps_only(world, seconds):
    before = world.services.clock.now()
    assert post(world, "/clock", {"seconds": seconds})[0] == 422
    assert world.services.clock.now() == before


def test_clock_stands_fast_outside_the_demo(tmp_path, routing):
    with served(tmp_path, routing, demo=False) as world:
        assert post(world, "/clock", {"seconds": 60})[0] == 404


def test_unknown_case_and_unknown_page(world):
    assert ask(world, "GET", "/cases/7")[0].status == 404
    assert ask(world, "GET", "/cases/99999999999999999999999")[0].status == 404
    assert ask(world, "GET", "/nowhere")[0].status == 404


def test_case_is_shown_with_its_history(world):
    post(world, "/messages", {**MESSAGE, "text": f"@小哨 {QUESTION}"})
    _, said = ask(world, "GET", "/cases/1")
    assert said["case"]["status_word"] == "已转出，待签收"
    assert said["case"]["department"] == "税务局"
    assert [step["what"] for step in said["history"]] == ["登记"]


def test_stream_begins_with_what_is_there_and_goes_on_from_a_position(world):
    post(world, "/messages", MESSAGE)
    with stream(world) as following:
        shown: list[str] = []
        while len(shown) < 2:
            position, name, news = following()
            assert name == "news"
            shown += [bubble["id"] for bubble in news["bubbles"]]
    assert shown == [MESSAGE["id"], f"page:page/{MESSAGE['id']}/reply"]
    with stream(world, **{"Last-Event-ID": position}) as following:
        assert following()[2]["bubbles"] == []
        post(world, "/messages", {**MESSAGE, "id": "second-message", "text": "又一条"})
        seen: list[str] = []
        while not seen:
            seen = [bubble["id"] for bubble in following()[2]["bubbles"]]
        assert seen == ["second-message"]


def test_recall_during_an_absence_is_told_on_return(world):
    post(world, "/messages", {**MESSAGE, "text": "甲"})
    with stream(world) as following:
        position, _, news = following()
        assert len(news["bubbles"]) == 1
    post(world, "/recalls", {key: MESSAGE[key] for key in ("id", "as", "room")})
    with stream(world, f"?after={position}") as following:
        (again,) = following()[2]["bubbles"]
    assert (again["id"], again["recalled"], again["text"]) == (MESSAGE["id"], True, "")


@pytest.mark.parametrize("query", ["?after=abc", "?after=-1", "?after=" + "9" * 50, "?after=%C2%B2", "?also=" + "x" * 3000])
def test_odd_positions_begin_anew(world, query):
    with stream(world, query) as following:
        assert following()[1] == "news"


def test_stream_survives_trouble_with_the_ledger(world, monkeypatch):
    with stream(world) as following:
        following()
        with monkeypatch.context() as patched:
            patched.setattr(type(world.services.ledger), "transaction", _locked)
            world.services.channel.notify()
            assert following()[1:] == ("trouble", {"error": "账本锁住了"})
        events = [following()[1]]
        while events[-1] == "trouble":
            events.append(following()[1])
        assert events[-1] == "news"


def _locked(ledger):
    raise LedgerError("账本锁住了")


def test_server_stops_at_once_though_a_page_is_open(tmp_path, routing):
    with served(tmp_path, routing) as world, stream(world) as following:
        following()
        begun = time.monotonic()
    assert time.monotonic() - begun < 2.5


def test_port_that_is_taken_is_said_with_a_way_out():
    with open_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(XiaoshaoError, match=f"端口 {port} 已被别的程序占用.*--port {port + 1}"):
            open_socket("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("不是地址", 0), ("203.0.113.7", 0)])
def test_address_that_cannot_be_used_is_said(host, port):
    with pytest.raises(XiaoshaoError, match="不能用"):
        open_socket(host, port)


def test_socket_takes_visitors_before_the_server_is_up():
    with open_socket("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname(), timeout=2):
        pass


def test_templates_are_packed_with_the_program():
    packed = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert all(f"**/*{file.suffix}" in packed for file in STATIC.iterdir())
