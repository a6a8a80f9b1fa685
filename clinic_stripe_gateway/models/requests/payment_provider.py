import functools
import json

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import str2bool
from odoo.tools.urls import urljoin

from odoo.addons.payment.logging import get_payment_logger
from odoo.addons.payment_stripe import const as stripe_const
from odoo.addons.payment_stripe import utils as stripe_utils

from ... import const
from ...adapter import (
    TIMEOUT_SECONDS,
    Declined,
    GatewayError,
    NotAllowed,
    OutcomeUnknown,
    TryLater,
    gateway_for,
    recorded_by,
    without_forbidden,
)
from ...exceptions import OutcomePending

_logger = get_payment_logger(__name__, stripe_const.SENSITIVE_KEYS)


class PaymentProvider(models.Model):
    """The way of every request to Stripe: what may leave, how, and what is logged."""

    _inherit = "payment.provider"

    def _clinic_get_limits(self, currency):
        limits = super()._clinic_get_limits(currency)
        if self.code != "stripe":
            return limits
        own = currency._clinic_stripe_get_limits()
        return own._replace(most=min(limits.most or own.most, own.most))

    # === WHAT THE BROWSER SENDS TO STRIPE === #

    def _stripe_get_inline_form_values(self, *args, **kwargs):
        """Let the card form start empty: Core hands it the payer's identity."""
        values = json.loads(super()._stripe_get_inline_form_values(*args, **kwargs))
        values["billing_details"] = {}
        return json.dumps(values)

    # === REQUESTS === #

    def _send_api_request(
        self,
        method,
        endpoint,
        *,
        params=None,
        data=None,
        json=None,  # pylint: disable=redefined-outer-name  # Core's own name for it
        reference=None,
        **kwargs,
    ):
        """Send Core's requests through the SDK, and only what may leave."""
        if self.code != "stripe" or kwargs.get("is_proxy_request"):
            return super()._send_api_request(
                method,
                endpoint,
                params=params,
                data=data,
                json=json,
                reference=reference,
                **kwargs,
            )
        payload = params or data or json
        if self._clinic_stripe_uses_sdk():
            answer = self._clinic_stripe_call(
                "send",
                method,
                endpoint,
                payload,
                api_version=stripe_const.API_VERSION,
                idempotency_key=kwargs.get("idempotency_key"),
            )
        else:
            core = super()._send_api_request
            send = functools.partial(
                core, method, endpoint, reference=reference, **kwargs
            )
            answer = self._clinic_stripe_send_by_core(
                send, method, endpoint, "params" if params else "data", payload
            )
        return answer

    def _clinic_stripe_send_by_core(self, send, method, endpoint, place, payload):
        """Send by Core's own transport only what may leave, and keep what has left."""
        allowed = self._clinic_stripe_filter(method, endpoint, payload)
        note_answer = method != "GET" and self._clinic_stripe_disclose(
            method, endpoint, _to_pairs(allowed)
        )
        answer = send(**{place: allowed})
        if note_answer:
            note_answer(answer.get("id"))
        return answer

    def _clinic_stripe_call(self, operation, *args, **kwargs):
        """Ask the gateway for one operation; its errors become Core's.

        :param str operation: a method of ``adapter.StripeGateway``
        :raise OutcomePending: nobody knows whether Stripe acted
        :raise ValidationError: it did not; with a text that the payer may read
        """
        self.ensure_one()
        try:
            with recorded_by(self._clinic_stripe_disclose):
                return getattr(self._clinic_stripe_get_gateway(), operation)(
                    *args, **kwargs
                )
        except (GatewayError, NotAllowed) as error:
            _logger.warning(
                "Stripe request %s of provider %s failed: %s %s",
                operation,
                self.id,
                type(error).__name__,
                getattr(error, "code", ""),
            )
            is_unknown = isinstance(error, OutcomeUnknown)
            raise (OutcomePending if is_unknown else ValidationError)(
                self._clinic_stripe_explain(error)
            ) from error

    def _clinic_stripe_filter(self, method, endpoint, payload):
        """Return what may leave by Core's own transport."""
        try:
            return without_forbidden(method, endpoint, payload)
        except NotAllowed as error:
            raise ValidationError(self._clinic_stripe_explain(error)) from error

    def _clinic_stripe_disclose(self, method, endpoint, pairs):
        """Keep what is about to leave, before it is sent. Rooms below add to it.

        :param list[tuple[str, str]] pairs: the fields as they leave
        :return: a function that takes the id of what Stripe answers with, if it is
            to be kept as well
        """
        return

    def _clinic_stripe_explain(self, error):
        """Return what a person should know of a failed request.

        Only a bank's refusal is told in Stripe's words: they are meant for payers.
        Others may name objects of the account.
        """
        if isinstance(error, Declined):
            return str(error)
        if isinstance(error, OutcomeUnknown):
            return self.env._("Could not establish the connection to Stripe.")
        if isinstance(error, TryLater):
            return self.env._(
                "Stripe is busy at the moment and has done nothing. Please try again "
                "in a minute."
            )
        if self.env.user.has_group("base.group_system"):
            return self.env._("Stripe refused the request: %(error)s", error=error)
        return self.env._("The payment provider refused the request.")

    def _clinic_stripe_get_gateway(self, secret_key=None):
        """Return the adapter for this provider's account: the one place for it.

        :param str secret_key: one that is not stored yet; the stored one if not given
        """
        self.ensure_one()
        # sudo: payers act through the key of the practice and never see it.
        provider = self.sudo()
        return gateway_for(
            secret_key or stripe_utils.get_secret_key(provider) or "",
            const.API_VERSION,
            provider._clinic_stripe_get_api_base(),
            provider._clinic_stripe_get_timeout(),
        )

    @api.model
    def _clinic_stripe_get_api_base(self):
        """Return where the API is, ``None`` for Stripe's own address."""
        # sudo: payers may not read parameters.
        return self.env["ir.config_parameter"].sudo().get_param(const.PARAM_API_BASE)

    @api.model
    def _clinic_stripe_get_timeout(self):
        """Return how many seconds to wait for an answer."""
        # sudo: payers may not read parameters.
        parameters = self.env["ir.config_parameter"].sudo()
        return float(parameters.get_param(const.PARAM_TIMEOUT) or TIMEOUT_SECONDS)

    @api.model
    def _clinic_stripe_uses_sdk(self):
        """Whether the SDK is used; the kill switch falls back to Core's transport."""
        # sudo: payers may not read parameters.
        parameters = self.env["ir.config_parameter"].sudo()
        return str2bool(parameters.get_param(const.PARAM_USE_SDK, "True"), True)

    def _build_request_url(self, endpoint, *, is_proxy_request=False, **kwargs):
        """Let Core's transport find the API where the SDK finds it."""
        base = self.code == "stripe" and self._clinic_stripe_get_api_base()
        if not base or is_proxy_request:
            return super()._build_request_url(
                endpoint, is_proxy_request=is_proxy_request, **kwargs
            )
        return urljoin(base, f"v1/{endpoint}")

    def _log_request(self, method, url, payload, *, reference=None):
        """Log what was asked, not what was said: bodies name payers and cards."""
        if self.code != "stripe":
            return super()._log_request(method, url, payload, reference=reference)
        return super()._log_request(method, url, None, reference=reference)

    def _log_response(self, response, *, reference=None):
        """Log that an answer came, not what it said."""
        if self.code != "stripe":
            return super()._log_response(response, reference=reference)
        _logger.info(
            "Received HTTP %s from %s for %s.",
            response.status_code,
            response.url,
            reference or self.id,
        )
        return None


def _to_pairs(payload):
    """Return the fields of a payload as texts, without those that are empty."""
    pairs = payload.items() if isinstance(payload, dict) else payload
    return [(name, str(value)) for name, value in pairs if value is not None]
