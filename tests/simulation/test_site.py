"""The simulation's HTTP client: keeps connections, tries again, counts what went wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from jobs.simulation import channels
from jobs.simulation.channels import Site
from jobs.simulation.errors import Refused, SimulationError


class Answers(BaseHTTPRequestHandler):
    """Answers what it is told, in order; None breaks the connection."""

    protocol_version = "HTTP/1.1"
    planned: list[tuple[int, Any] | None] = []
    connections = 0
    seen: list[dict[str, str]] = []

    def setup(self) -> None:
        super().setup()
        Answers.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Answers.seen.append({**self.headers, "path": self.path, "body": body.decode()})
        planned = Answers.planned.pop(0)
        if planned is None:
            self.close_connection = True
            return
        status, answer = planned
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        return


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(channels, "WAITS", (0.0, 0.0))
    Answers.planned, Answers.seen, Answers.connections = [], [], 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made = Site(f"http://127.0.0.1:{server.server_port}")
    yield made
    made._drop_connection()
    server.shutdown()
    thread.join()
    server.server_close()


def test_one_connection_is_kept_for_many_calls(site: Site) -> None:
    Answers.planned = [(200, {"n": 1}), (201, {"n": 2})]
    assert site.call("POST", "/jobs", "secret", {"a": 1}, key="k")["n"] == 1
    assert site.call("POST", "/jobs", "secret")["n"] == 2
    assert Answers.connections == 1
    first = Answers.seen[0]
    assert (first["path"], first["Authorization"]) == ("/api/v1/jobs", "Bearer secret")
    assert (first["body"], first["Idempotency-Key"]) == ('{"a": 1}', "k")
    assert len(site.times) == 2


def test_an_idle_connection_is_not_used_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "KEPT_FOR", -1.0)
    Answers.planned = [(200, {}), (200, {})]
    site.call("POST", "/jobs", "t")
    site.call("POST", "/jobs", "t")
    assert (Answers.connections, site.broken) == (2, 0)


def test_a_broken_connection_and_a_server_error_are_tried_again(site: Site) -> None:
    Answers.planned = [None, (503, {}), (200, {"ok": True})]
    assert site.call("POST", "/jobs", "t") == {"ok": True}
    assert (site.broken, site.server_errors) == (1, 1)


def test_a_refusal_is_told_with_its_code_and_not_tried_again(site: Site) -> None:
    Answers.planned = [(409, {"type": "https://example.org/problems/offer-no-longer-open"})]
    with pytest.raises(Refused) as refused:
        site.call("POST", "/offers/1/accept", "t")
    assert (refused.value.status, refused.value.code) == (409, "offer-no-longer-open")
    assert len(Answers.seen) == 1


def test_a_site_that_stays_away_is_an_error_in_words(site: Site) -> None:
    Answers.planned = [(500, {})] * 3
    with pytest.raises(SimulationError, match="was answered 500 every time"):
        site.call("POST", "/jobs", "t")
    with pytest.raises(SimulationError, match="cannot be reached"):
        Site("http://127.0.0.1:1").call("POST", "/jobs", "t")
    with pytest.raises(SimulationError, match="is not an http:// address"):
        Site("ftp://somewhere")
