import json

from lxml import html

from odoo.http import Request
from odoo.tests import HttpCase


class PaymentFormCommon(HttpCase):
    """What Odoo's payment form asks the server for."""

    def _rpc(self, url, **params):
        """Return ``(result, error message)`` of a JSON route.

        Python's json on both sides lets NaN through, like a tampered request.
        """
        self.env.flush_all()
        answer = self.url_open(
            url,
            data=json.dumps(self.build_rpc_payload(params)),
            headers={"Content-Type": "application/json"},
            timeout=60,
        ).json()
        self.env.invalidate_all()
        error = answer.get("error", {}).get("data", {})
        return answer.get("result"), error and f"{error['name']}: {error['message']}"

    def _read_shown(self, url, **params):
        """Return the seal of what a page shows beside Odoo's payment form, if any."""
        self.env.flush_all()
        page = html.fromstring(self.url_open(url, params=params, timeout=60).text)
        return next(iter(page.xpath("//div/@data-shown")), "")

    def _pay_values(self, **values):
        """Return what Odoo's payment form sends when a card is typed."""
        return {
            "provider_id": self.provider.id,
            "payment_method_id": self.payment_method_id,
            "token_id": None,
            "flow": "direct",
            "tokenization_requested": False,
            "landing_route": "/my/billing",
            **values,
        }


class PagesCommon(PaymentFormCommon):
    """What a browser asks the server for; nothing is followed by itself."""

    def _get(self, url, **params):
        self.env.flush_all()
        return self.url_open(url, params=params, allow_redirects=False, timeout=60)

    def _read_input(self, url, name="shown"):
        """Return what a form of this page keeps in a hidden field, if there is one."""
        page = html.fromstring(self._get(url).text)
        return next(iter(page.xpath(f"//input[@name='{name}']/@value")), "")

    def _post(self, url, **data):
        """Send a form."""
        self.env.flush_all()
        data.setdefault("csrf_token", Request.csrf_token(self))
        response = self.url_open(url, data=data, allow_redirects=False, timeout=60)
        self.env.invalidate_all()
        return response

    def _get_attempts(self):
        """Return all payments that were ever started, the first one first."""
        self.env.invalidate_all()
        # sudo: payers read no transactions.
        return self.env["payment.transaction"].sudo().search([], order="id")
