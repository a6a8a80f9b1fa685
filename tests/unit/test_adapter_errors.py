"""Every error that the SDK can raise has a consequence that somebody chose."""

import inspect

import pytest
import stripe
import stripe.oauth_error

from clinic_stripe_gateway.adapter.errors import (
    OURS_BY_SDK_ERROR,
    Declined,
    KeyReused,
    OutcomeUnknown,
    Rejected,
    TryLater,
    translate,
)

CHOSEN = {
    "CardError": Declined,
    "RateLimitError": TryLater,
    "AuthenticationError": Rejected,
    "IdempotencyError": KeyReused,
    "InvalidRequestError": Rejected,
    "PermissionError": Rejected,
    "APIConnectionError": OutcomeUnknown,
    "APIError": OutcomeUnknown,
    "StripeError": OutcomeUnknown,
    "StripeErrorWithParamCode": OutcomeUnknown,
}
# Raised by calls that the adapter does not make: Stripe Connect's sign-in, the API's
# second version, and the SDK's own check of signatures. Should one of them ever come,
# nobody knows what it means for a payment.
NEVER_ASKED_FOR = {
    "AlreadyCanceledError",
    "BlockedByStripeError",
    "CannotProceedError",
    "CapabilityNotEnabledError",
    "ControlledByAlternateResourceError",
    "FeatureNotEnabledError",
    "FinancialAccountNotOpenError",
    "FxQuoteNeedsRefreshError",
    "InsufficientFundsError",
    "InvalidPaymentMethodError",
    "InvalidPayoutMethodError",
    "InvalidVaultedCredentialError",
    "NotCancelableError",
    "QuotaExceededError",
    "RecipientNotNotifiableError",
    "SignatureVerificationError",
    "TemporarySessionExpiredError",
    "VerificationAttemptFailedError",
    "VerificationExpiredError",
    "VerificationNotInitiatedError",
    "oauth_error.InvalidClientError",
    "oauth_error.InvalidGrantError",
    "oauth_error.InvalidRequestError",
    "oauth_error.InvalidScopeError",
    "oauth_error.OAuthError",
    "oauth_error.UnsupportedGrantTypeError",
    "oauth_error.UnsupportedResponseTypeError",
}


def sdk_errors():
    """Return every error class of the SDK by the name it is known by."""
    waiting, found = [stripe.StripeError], {}
    while waiting:
        error_class = waiting.pop()
        is_oauth = error_class.__module__ == "stripe.oauth_error"
        name = f"{'oauth_error.' if is_oauth else ''}{error_class.__name__}"
        found[name] = error_class
        waiting += error_class.__subclasses__()
    return found


def raised(error_class, message="Something went wrong.", code=None):
    """Return an error as the SDK would make it."""
    wanted = inspect.signature(error_class.__init__).parameters
    given = {"message": message, "description": message, "code": code, "param": None}
    given |= {"sig_header": "", "error_code": code}
    return error_class(**{name: given[name] for name in wanted if name in given})


def test_every_error_of_the_sdk_has_been_looked_at():
    assert set(sdk_errors()) == set(CHOSEN) | NEVER_ASKED_FOR


def test_what_the_sdk_exports_is_what_was_walked():
    exported = {
        name
        for name, value in vars(stripe).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert exported <= set(sdk_errors())


@pytest.mark.parametrize("name", sorted(sdk_errors()))
def test_each_error_means_what_was_chosen_for_it(name):
    error = translate(raised(sdk_errors()[name]))
    assert type(error) is CHOSEN.get(name, OutcomeUnknown)


@pytest.mark.parametrize("name", sorted(set(CHOSEN) - {"StripeErrorWithParamCode"}))
def test_no_error_gets_its_meaning_from_a_parent_by_accident(name):
    assert dict(OURS_BY_SDK_ERROR)[sdk_errors()[name]] is CHOSEN[name]


def test_no_row_of_the_table_is_hidden_by_one_above_it():
    classes = [theirs for theirs, _ours in OURS_BY_SDK_ERROR]
    for position, theirs in enumerate(classes):
        assert not any(issubclass(theirs, above) for above in classes[:position])


def test_an_error_that_nobody_foresaw_has_an_unknown_outcome():
    class ErrorOfTomorrow(stripe.StripeError):
        pass

    assert type(translate(ErrorOfTomorrow("New."))) is OutcomeUnknown


def test_the_payer_reads_the_banks_words_without_the_id_of_the_request():
    error = stripe.CardError(
        "Your card has insufficient funds.",
        param="",
        code="card_declined",
        headers={"request-id": "req_1"},
    )
    translated = translate(error)
    assert str(translated) == "Your card has insufficient funds."
    assert translated.code == "card_declined"


def test_an_error_without_code_and_text_is_translated_too():
    translated = translate(stripe.APIError())
    assert translated.code == ""
    assert str(translated)
