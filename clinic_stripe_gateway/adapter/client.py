"""Requests to Stripe through its official SDK."""

import functools
import logging

import stripe

from .allow_list import only_allowed
from .books import Books
from .cards import SavedCards
from .disclosure_client import DisclosureClient
from .disputes import Disputes
from .endpoints import Endpoints
from .errors import Rejected, translated
from .events import Events
from .values import ABSENT, IntentSnapshot

# The SDK would tell Stripe how long earlier requests took.
stripe.enable_telemetry = False
# At INFO the SDK writes addresses with the client secrets that are in them, below it
# whole requests and answers.
logging.getLogger("stripe").setLevel(logging.WARNING)

TIMEOUT_SECONDS = 10
# The SDK repeats a request with the same idempotency key, never with a new one.
NETWORK_RETRIES = 2


class StripeGateway(Disputes, Endpoints, Events, Books, SavedCards):
    """One account at Stripe.

    :param str secret_key: of the account
    :param str api_version: that our own requests are written for
    :param str api_base: where the API is, if not at Stripe's own address
    :param float timeout: how many seconds to wait for an answer
    """

    def __init__(self, secret_key, api_version, api_base=None, timeout=TIMEOUT_SECONDS):
        self._client = stripe.StripeClient(
            secret_key,
            stripe_version=api_version,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=NETWORK_RETRIES,
            http_client=DisclosureClient(timeout=timeout),
        )

    def send(self, method, endpoint, payload, *, api_version, idempotency_key=None):
        """Send a request that another module of Odoo has built.

        :param str endpoint: below ``/v1/``
        :param payload: a dictionary, a list of pairs or ``None``; only what the
            allow-list knows is sent
        :param str api_version: the version that the request was written for
        :return: Stripe's answer in that version
        :rtype: dict
        :raise GatewayError: it did not succeed
        :raise NotAllowed: nothing may be sent to that endpoint
        """
        fields = only_allowed(method, endpoint, payload)
        options = {"stripe_version": api_version}
        if idempotency_key and method.upper() != "GET":
            options["idempotency_key"] = idempotency_key
        with translated():
            answer = self._client.raw_request(
                method.lower(), f"/v1/{endpoint.strip('/')}", **fields, **options
            )
            return answer.data

    def get_account_id(self):
        """Return the id of the account that the secret key belongs to."""
        with translated():
            return self._client.v1.accounts.retrieve_current().id

    def check_keys(self, publishable_key):
        """Prove that both keys work and belong to the same account and mode.

        A SetupIntent made with the secret key, which moves no money, can be read
        with the publishable key of that account and mode, and with no other.

        :return: the account's id
        :rtype: str
        :raise GatewayError: one of the keys does not work
        """
        # The SDK would use the secret key for none, and that one can read everything.
        if not publishable_key.startswith("pk_"):
            raise Rejected("A publishable key starts with pk_.")
        account_id = self.get_account_id()
        with translated():
            intent = self._client.v1.setup_intents.create()
            try:
                self._client.v1.setup_intents.retrieve(
                    intent.id,
                    {"client_secret": intent.client_secret},
                    {"api_key": publishable_key},
                )
            finally:
                self._client.v1.setup_intents.cancel(intent.id)
        return account_id

    def create_customer(self, reference, *, idempotency_key):
        """Return the id of a new customer, known to Stripe by a reference only."""
        with translated():
            customer = self._client.v1.customers.create(
                only_allowed("POST", "customers", {"metadata[reference]": reference}),
                {"idempotency_key": idempotency_key},
            )
            return customer.id

    def knows_customer(self, customer_id):
        """Whether this account has the customer and has not deleted it."""
        with translated():
            try:
                customer = self._client.v1.customers.retrieve(customer_id)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
                return False
        return not getattr(customer, "deleted", False)

    def close_intent(self, intent_id, *, idempotency_key):
        """Cancel a PaymentIntent so that nobody can pay with it any more.

        :return: the intent; it is not closed if it was paid or is being paid
        :rtype: IntentSnapshot
        """
        service = self._client.v1.payment_intents
        with translated():
            try:
                intent = service.cancel(
                    intent_id, {}, {"idempotency_key": idempotency_key}
                )
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing":
                    # It was made with the key of another account, or of test mode.
                    return IntentSnapshot(intent_id, ABSENT)
                if error.code != "payment_intent_unexpected_state":
                    raise
                intent = service.retrieve(intent_id)
            except stripe.APIError:
                # Its key would bring the same answer again; the intent tells more.
                intent = service.retrieve(intent_id)
                if intent.status.startswith("requires_"):
                    raise
        return IntentSnapshot(intent.id, intent.status)


@functools.lru_cache(maxsize=64)
def gateway_for(secret_key, api_version, api_base=None, timeout=TIMEOUT_SECONDS):
    """Return the gateway of an account; its connections are kept open.

    :raise Rejected: the key cannot be one
    """
    if not secret_key:
        raise Rejected("The secret key is not set.")
    return StripeGateway(secret_key, api_version, api_base, timeout)
