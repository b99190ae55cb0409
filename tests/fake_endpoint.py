"""A local fake of an OpenAI-compatible API: records every request, and answers, stalls or misbehaves as told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


@dataclass
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    raw: str

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


Answer = Callable[["Handler", Asked], None]


@dataclass
class FakeEndpoint:
    """``base`` is the address for the settings; ``answer`` may be replaced at any time."""

    base: str
    answer: Answer
    requests: list[Asked] = field(default_factory=list)
    ended: Event = field(default_factory=Event)


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the endpoint's answer."""

    protocol_version = "HTTP/1.1"
    endpoint: FakeEndpoint

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"])).decode()
        asked = Asked("POST", self.path, {name.lower(): value for name, value in self.headers.items()}, raw)
        self.endpoint.requests.append(asked)
        self.endpoint.answer(self, asked)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def reply(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def running(answer: Answer) -> Iterator[FakeEndpoint]:
    """Serve on a free port for as long as the context lasts."""
    handler = type("Bound", (Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    endpoint = FakeEndpoint(f"http://127.0.0.1:{server.server_address[1]}/v1", answer)
    handler.endpoint = endpoint
    server.handle_error = lambda request, address: None  # the other side hung up, as it should on a slow answer
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.ended.set()
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


def sends(status: int, content: bytes, **headers: str) -> Answer:
    return lambda handler, asked: handler.reply(status, content, **headers)


def says(content: object) -> Answer:
    """Answer a chat request with this as the message's content, as JSON unless it is text already."""
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return sends(200, json.dumps({"id": "x", "object": "chat.completion", "choices": [message]}).encode())


def embeds(vector: Callable[[str], list[float]]) -> Answer:
    """Answer an embeddings request, the rows in reverse: their order is no promise of the API."""

    def answer(handler: Handler, asked: Asked) -> None:
        rows = [{"object": "embedding", "index": i, "embedding": vector(text)} for i, text in enumerate(asked.body["input"])]
        handler.reply(200, json.dumps({"object": "list", "data": rows[::-1]}).encode())

    return answer


def never(handler: Handler, asked: Asked) -> None:
    """Take the request and never answer."""
    handler.endpoint.ended.wait(30)


def drips_body(handler: Handler, asked: Asked) -> None:
    """Answer in time, one byte after the other without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    drip(handler)


def drips_headers(handler: Handler, asked: Asked) -> None:
    """Send the head of the answer one byte after the other without end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    drip(handler)


def drip(handler: Handler) -> None:
    while not handler.endpoint.ended.wait(0.01):
        handler.wfile.write(b"a")


def hangs_up(handler: Handler, asked: Asked) -> None:
    """Close the connection in the middle of the answer."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n{")
    handler.close_connection = True
