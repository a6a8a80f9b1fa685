"""Somebody who is logged in to an Odoo that is served, with a browser's cookies."""

import http.client
import json
import re
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from workbench.server import RunningOdoo

SECONDS = 120
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
# What Odoo writes about each request: queries, their seconds, the other seconds.
COST = r'"{line} HTTP/1\.1" \d+ - (\d+) (\d+\.\d+) (\d+\.\d+)'


@dataclass(frozen=True)
class Cost:
    """What the server wrote about a request."""

    queries: int
    seconds: float


class Visitor:
    def __init__(self, odoo: RunningOdoo, login: str = ""):
        self.odoo = odoo
        self._cookies = {}
        if login:
            self._log_in(login)

    def get(self, path: str) -> str:
        """Return a page."""
        return self._ask("GET", path)

    def post(self, path: str, **form: str) -> str:
        body = urllib.parse.urlencode(form)
        kind = "application/x-www-form-urlencoded"
        return self._ask("POST", path, body, {"Content-Type": kind})

    def call(self, path: str, **params):
        """Return the answer of a JSON route."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        headers = {"Content-Type": "application/json"}
        answer = json.loads(self._ask("POST", path, body, headers))
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def time(self, path: str) -> float:
        """Return how many seconds a page takes until it is there."""
        start = time.perf_counter()
        self.get(path)
        return time.perf_counter() - start

    def _log_in(self, login: str) -> None:
        token = TOKEN.search(self.get("/web/login"))[1]
        self.post("/web/login", csrf_token=token, login=login, password=login)
        assert TOKEN.search(self.get("/my/security")), f"{login} is not logged in"

    def _ask(self, method, path, body=None, headers=None):
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.odoo.port, timeout=SECONDS
        )
        headers = {**(headers or {}), "Cookie": cookies}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _equals, rest = cookie.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        assert answer.status < 400, f"{method} {path}: {answer.status}"
        return text


def costs(log: Path, method: str, path: str, start: int = 0) -> list[Cost]:
    """Return what the server wrote about requests, oldest first.

    :param method: and the path: patterns
    :param start: the size of the log before them
    """
    line = re.compile(COST.format(line=f"{method} {path}"))
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(start)
        found = line.findall(file.read())
    return [
        Cost(int(queries), float(in_queries) + float(others))
        for queries, in_queries, others in found
    ]
