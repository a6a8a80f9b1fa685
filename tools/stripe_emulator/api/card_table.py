"""Stripe's documented test cards.

Source: https://docs.stripe.com/testing
"""

from dataclasses import dataclass

from .behaviours import SUCCEEDS, Behaviour


@dataclass(frozen=True)
class TestCard:
    """One documented number, the token that stands for it, and what it does."""

    number: str
    token: str | None
    brand: str = "visa"
    behaviour: Behaviour = SUCCEEDS
    country: str = "US"
    funding: str = "credit"

    __test__ = False  # For pytest: this is no test class.

    @property
    def name(self):
        """A name that says which card it is without its number."""
        return self.token or f"{self.brand}_{self.number[-4:]}"


_AUTHENTICATE = Behaviour(authentication="always")


def _declines(reason, **options):
    return Behaviour(decline=reason, attachable=False, **options)


TEST_CARDS = (
    # Cards by brand.
    TestCard("4242424242424242", "visa"),
    TestCard("4000056655665556", "visa_debit", funding="debit"),
    TestCard("4012888888881881", None),
    TestCard("4111111111111111", None),
    TestCard("5555555555554444", "mastercard", "mastercard"),
    TestCard("2223003122003222", None, "mastercard"),
    TestCard("5200828282828210", "mastercard_debit", "mastercard", funding="debit"),
    TestCard("5105105105105100", "mastercard_prepaid", "mastercard", funding="prepaid"),
    TestCard("378282246310005", "amex", "amex"),
    TestCard("371449635398431", None, "amex"),
    TestCard("6011111111111117", "discover", "discover"),
    TestCard("6011000990139424", None, "discover"),
    TestCard("6011981111111113", None, "discover", funding="debit"),
    TestCard("3056930009020004", "diners", "diners"),
    TestCard("36227206271667", None, "diners"),
    TestCard("3566002020360505", "jcb", "jcb", country="JP"),
    TestCard("6200000000000005", "unionpay", "unionpay", country="CN"),
    # Cards by country.
    TestCard("4000001240000000", "ca", country="CA"),
    TestCard("4000004840008001", "mx", country="MX"),
    TestCard("4000000760000002", "br", country="BR"),
    TestCard("4000008260000000", "gb", country="GB"),
    TestCard("4000002760000016", "de", country="DE"),
    TestCard("4000002500000003", "fr", country="FR"),
    TestCard("4000000560000004", "be", country="BE"),
    TestCard("4000003920000003", "jp", "jcb", country="JP"),
    TestCard("4000000360000006", "au", country="AU"),
    # Declined payments; these cannot be attached to a customer either.
    TestCard(
        "4000000000000002",
        "visa_chargeDeclined",
        behaviour=_declines("generic_decline"),
    ),
    TestCard(
        "4000000000009995",
        "visa_chargeDeclinedInsufficientFunds",
        behaviour=_declines("insufficient_funds"),
    ),
    TestCard(
        "4000000000009987",
        "visa_chargeDeclinedLostCard",
        behaviour=_declines("lost_card"),
    ),
    TestCard(
        "4000000000009979",
        "visa_chargeDeclinedStolenCard",
        behaviour=_declines("stolen_card"),
    ),
    TestCard(
        "4000000000000069",
        "chargeDeclinedExpiredCard",
        behaviour=_declines("expired_card"),
    ),
    TestCard(
        "4000000000000127",
        "chargeDeclinedIncorrectCvc",
        behaviour=_declines("incorrect_cvc"),
    ),
    TestCard(
        "4000000000000119",
        "chargeDeclinedProcessingError",
        behaviour=_declines("processing_error"),
    ),
    TestCard(
        "4000000000006975",
        "visa_chargeDeclinedVelocityLimitExceeded",
        behaviour=_declines("card_velocity_exceeded"),
    ),
    # Attaching succeeds, charging is declined.
    TestCard(
        "4000000000000341",
        "chargeCustomerFail",
        behaviour=Behaviour(decline="generic_decline"),
    ),
    # Fraud prevention and checks.
    TestCard(
        "4100000000000019",
        "radarBlock",
        behaviour=_declines("fraudulent", risk_level="highest"),
    ),
    TestCard(
        "4000000000004954",
        None,
        behaviour=_declines("fraudulent", risk_level="highest"),
    ),
    TestCard(
        "4000000000009235",
        "riskLevelElevated",
        behaviour=Behaviour(risk_level="elevated"),
    ),
    TestCard(
        "4000000000000101",
        "cvcCheckFail",
        behaviour=_declines("incorrect_cvc", failed_checks=("cvc",)),
    ),
    TestCard(
        "4000000000000036",
        "avsZipFail",
        behaviour=Behaviour(failed_checks=("postal_code",)),
    ),
    TestCard(
        "4000000000000028",
        "avsLine1Fail",
        behaviour=Behaviour(failed_checks=("address_line1",)),
    ),
    TestCard(
        "4000000000000010",
        "avsFail",
        behaviour=Behaviour(failed_checks=("address_line1", "postal_code")),
    ),
    # Disputes.
    TestCard(
        "4000000000000259", "createDispute", behaviour=Behaviour(dispute="fraudulent")
    ),
    TestCard(
        "4000000000002685",
        "createDisputeProductNotReceived",
        behaviour=Behaviour(dispute="product_not_received"),
    ),
    TestCard(
        "4000000000001976",
        "createDisputeInquiry",
        behaviour=Behaviour(dispute="fraudulent", inquiry=True),
    ),
    # Refunds.
    TestCard(
        "4000000000007726", "pendingRefund", behaviour=Behaviour(refund="pending")
    ),
    TestCard("4000000000005126", "refundFail", behaviour=Behaviour(refund="fails")),
    # Money that is available at once.
    TestCard(
        "4000000000000077", "bypassPending", behaviour=Behaviour(available_now=True)
    ),
    TestCard(
        "4000003720000278",
        "bypassPendingInternational",
        behaviour=Behaviour(available_now=True),
        country="IE",
    ),
    # 3-D Secure and strong customer authentication.
    TestCard(
        "4000002500003155",
        "authenticationRequiredOnSetup",
        behaviour=Behaviour(authentication="unless_set_up"),
        country="FR",
    ),
    TestCard(
        "4000002760003184",
        "authenticationRequired",
        behaviour=_AUTHENTICATE,
        country="DE",
    ),
    TestCard(
        "4000003800000446",
        "authenticationRequiredSetupForOffSession",
        behaviour=Behaviour(authentication="unless_set_up", set_up=True),
        country="IT",
    ),
    TestCard(
        "4000008260003178",
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        behaviour=Behaviour(authentication="always", decline="insufficient_funds"),
        country="GB",
    ),
    TestCard("4000000000003220", "threeDSecure2Required", behaviour=_AUTHENTICATE),
    TestCard("4000000000003063", "threeDSecureRequired", behaviour=_AUTHENTICATE),
    TestCard(
        "4000008400001629",
        "threeDSecureRequiredChargeDeclined",
        behaviour=Behaviour(authentication="always", decline="generic_decline"),
    ),
    TestCard(
        "4000008400001280",
        "threeDSecureRequiredProcessingError",
        behaviour=Behaviour(decline="processing_error"),
    ),
    TestCard("4000000000003055", "threeDSecureOptional"),
    TestCard("4000000000003097", None),
)
