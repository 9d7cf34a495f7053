"""Nodes that misbehave: a small HTTP server in front of a real one, or in the place of one."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """Serve JSON-RPC by a function from a call to a status and a body; give the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, body = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(BrokenPipeError):  # whoever asked is dead by now
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=30)


def refusing(url: str, refuses: Callable[[dict[str, Any]], str | None]) -> Answer:
    """Pass calls on to a real node, save those for which `refuses` gives an error's words."""

    def answer(call: dict[str, Any]) -> tuple[int, bytes]:
        words = refuses(call)
        if words is not None:
            error = {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32000, "message": words}}
            return 200, json.dumps(error).encode()
        return 200, requests.post(url, json=call, timeout=30).content

    return answer
