"""Somebody who works over RPC."""

import requests

SECONDS = 60


class Colleague:
    """Somebody who works without a browser."""

    def __init__(self, url, database, login):
        self.url = url
        self.session = requests.Session()
        self._post(
            "/web/session/authenticate",
            {"db": database, "login": login, "password": login},
        )

    def calls(self, model, method, *args, **kwargs):
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": args, "kwargs": kwargs},
        )

    def _post(self, path, params):
        answer = self.session.post(
            f"{self.url}{path}",
            json={"jsonrpc": "2.0", "method": "call", "params": params},
            timeout=SECONDS,
        ).json()
        assert "error" not in answer, answer["error"]["data"]["message"]
        # Methods that return nothing answer nothing.
        return answer.get("result")

    def creates(self, model, **values):
        return self.calls(model, "create", values)

    def finds(self, model, *domain, **options):
        return self.calls(model, "search", domain, **options)

    def search_read(self, model, domain, fields, **options):
        return self.calls(model, "search_read", domain, fields, **options)

    def read(self, model, ids, fields):
        return self.calls(model, "read", ids, fields)

    def named(self, model, name):
        """Return the id of the record of that name."""
        (found,) = self.finds(model, ("name", "=", name))
        return found
