import json
import re
from urllib.parse import urlencode

from odoo.http import Request
from odoo.tools import mute_logger

from ..common import StripeHttpCommon
from .common_routes import (
    CSRF,
    MISSING,
    REFUSALS,
    STAFF,
    TOLD,
    UNWATCHED,
    WATCHED,
)


class RoutesCommon(StripeHttpCommon):
    """Two clients, each with a bill of their own, and who wants to do harm."""

    # === WHERE === #

    @classmethod
    def _get_places(cls):
        """Return what may stand in an address: own, somebody else's, and none."""
        bills = (cls.own_bill.id, cls.foreign_bill.id, MISSING)
        programs = (cls.program.id, cls.hidden_program.id, MISSING)
        registrations = (cls.own_registration.id, cls.foreign_registration.id, MISSING)
        visits = (cls.visit.id, cls.foreign_visit.id, MISSING)
        return {
            "event_id": visits,
            "invoice_id": bills,
            "invoice_ids": bills,
            "page": (1, 2, MISSING),
            "payer_id": (cls.client.id, cls.other_client.id, MISSING),
            "program_id": programs,
            "registration_id": registrations,
            # Nothing is done in a way that does not exist.
            "way": ("nothing", "no", "none"),
            "key": ("a" * 32, "b" * 32, "c" * 32),
            "token": (cls.own_link.token, cls.expired_link.token, "c" * 32),
            "plan_id": (1, 2, MISSING),
        }

    def _places(self, route, which=0):
        places = self._get_places()
        return {name: places[name][which] for name in route.arguments}

    def _get_values(self, route):
        """Return what the payment form sends."""
        if "provider_id" not in route.parameters:
            return {}
        values = self._pay_values(
            amount=80, access_token=self.own_bill._portal_ensure_token()
        )
        if "shown" in route.parameters:
            shown, cards = self.env["clinic.shown"], self.env["payment.token"]
            values["shown"] = shown._seal_payment(self.own_bill, 80, cards)
        return values

    def _each(self, kind, is_staffs=False):
        """Yield the routes of clients, or those of staff; see what each has changed."""
        for route in self.routes:
            if route.kind == kind and route.url.startswith(STAFF) == is_staffs:
                yield route
                self._require_no_change(route)

    # === ASKING === #

    def _log_in(self, login):
        self.authenticate(login, login)
        self.login = login

    def _ask(self, route, places, values=None, method=None):
        """Return ``(status, text)`` of a page; the form is the visitor's own."""
        url = route.at(**places)
        method = method or route.methods[0]
        data = None
        if method == "POST":
            data = urlencode(
                {"csrf_token": Request.csrf_token(self), **(values or {})},
                errors="surrogatepass",
            )
        elif values:
            url += "?" + urlencode(values, errors="surrogatepass")
        headers = data and {"Content-Type": "application/x-www-form-urlencoded"}
        return self._open(url, data, headers, method)

    def _open(self, url, data, headers, method):
        with mute_logger("odoo.http", "odoo.addons.base.models.ir_http", "werkzeug"):
            answer = self.url_open(
                url,
                data=data,
                headers=headers,
                method=method,
                allow_redirects=False,
                timeout=60,
            )
        return answer.status_code, answer.text

    def _call(self, route, places, values):
        """Return the error's ``(name, message)`` of a JSON route, if there is one."""
        body = json.dumps(self.build_rpc_payload(values))
        headers = {"Content-Type": "application/json"}
        status, text = self._open(route.at(**places), body, headers, "POST")
        if status != 200:
            return str(status), text
        data = json.loads(text).get("error", {}).get("data", {})
        return data.get("name", ""), data.get("message", "")

    # === WHAT MUST NOT CHANGE === #

    def _snapshot(self):
        """Return the rows of each table that money or agreements are in."""
        self.env.flush_all()
        self.cr.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND (tablename LIKE 'clinic\\_%%' OR tablename IN %s)"
            " AND tablename NOT IN %s",
            [WATCHED, TOLD],
        )
        rows = {}
        for (table,) in self.cr.fetchall():
            self.cr.execute(
                f"SELECT (to_jsonb(t) - %s)::text FROM {table} t", [list(UNWATCHED)]
            )
            rows[table] = {row for (row,) in self.cr.fetchall()}
        return rows

    def setUp(self):
        super().setUp()
        self.complaints = []
        # Made when somebody looks at a bill.
        self.own_bill._portal_ensure_token()
        self._remember()

    def _remember(self):
        self.before, self.attempts = self._snapshot(), self._get_attempts()

    def _require(self, is_fine, *about):
        """Go on when something is wrong: one attack says nothing about the others."""
        if not is_fine:
            self.complaints.append(" ".join(str(part)[:300] for part in about))

    def _require_refusal(self, error, *about):
        """A program that stumbles over a value answers with Python's own errors."""
        is_fine = not error[0] or error[0].startswith(REFUSALS)
        self._require(is_fine, *about, *error)

    def _require_no_change(self, route):
        """Nothing has changed; what was started is the client's own and no more."""
        after = self._snapshot()
        for table, rows in after.items():
            changed = rows ^ self.before[table]
            self._require(not changed, route.url, table, sorted(changed))
        self.env.invalidate_all()
        for tx in self._get_attempts() - self.attempts:
            is_fine = (
                tx.partner_id == self.client
                and tx.invoice_ids == self.own_bill
                and tx.currency_id == self.own_bill.currency_id
                and 0 < tx.amount <= self.own_bill.amount_residual
                and not tx.token_id
            )
            self._require(is_fine, route.url, tx.read(["amount", "partner_id"]))
        self.before = after
        self.attempts = self._get_attempts()

    def tearDown(self):
        super().tearDown()
        self.assertFalse(self.complaints, "\n".join(self.complaints))

    def _get_attempts(self):
        # sudo: clients' attempts, which no test user reads.
        return self.env["payment.transaction"].sudo().search([])

    def _strip(self, text, *ids):
        """Return a page without what differs from one request to the next."""
        text = CSRF.sub("csrf_token", text)
        for number in ids:
            text = re.sub(rf"(?<!\d){number}(?!\d)", "ID", text)
        return text
