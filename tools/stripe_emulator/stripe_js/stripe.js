/* The global `Stripe` function. */

function checkKey(key) {
    if (typeof key !== "string" || !key) {
        throw integrationError(
            "Please call Stripe() with your publishable key. You used an empty string.",
        );
    }
    if (!key.startsWith("pk_")) {
        throw integrationError("You should not use your secret key with Stripe.js.");
    }
}

/** A payment request finds no wallet, so its button is never shown. */
function createPaymentRequest(options) {
    const paymentRequest = { isShowing: () => false };
    addEvents(paymentRequest);
    paymentRequest.canMakePayment = async () => null;
    paymentRequest.show = () => {};
    paymentRequest.abort = () => {};
    paymentRequest.update = (changes) => Object.assign(options, changes);
    return paymentRequest;
}

/** Confirm with a card element, a saved payment method, or what the intent has. */
async function confirmCard(request, kind, clientSecret, data = {}, options = {}) {
    const params = { return_url: data.return_url, shipping: data.shipping };
    if (typeof data.payment_method === "string") {
        params.payment_method = data.payment_method;
    } else if (data.payment_method?.card && formOf(data.payment_method.card)) {
        const { card, ...given } = data.payment_method;
        const made = await methodFromElement(request, card, given);
        if (made.error) {
            return { error: made.error };
        }
        params.payment_method = made.data.id;
    }
    const handleActions = options.handleActions !== false;
    const answer = await confirmIntent(
        request,
        kind,
        clientSecret,
        params,
        handleActions,
    );
    return answer.error
        ? { error: answer.error }
        : { [RESULT_NAMES[kind]]: answer.data };
}

async function nextAction(request, kind, clientSecret) {
    const found = await retrieveIntent(request, kind, clientSecret);
    const answer = found.error ? found : await handleAction(request, kind, found.data);
    return answer.error
        ? { error: answer.error }
        : { [RESULT_NAMES[kind]]: answer.data };
}

async function named(name, promise) {
    const answer = await promise;
    return answer.error ? { error: answer.error } : { [name]: answer.data };
}

async function createMethod(request, options) {
    const group = options.elements && internals.get(options.elements);
    const element = group ? group.inputElement() : options.card;
    if (!formOf(element)) {
        throw integrationError("createPaymentMethod needs Elements or a card Element.");
    }
    const given = options.params ?? options;
    return named("paymentMethod", methodFromElement(request, element, given));
}

async function createCardToken(request, element) {
    const form = formOf(element);
    const error = form.validate();
    if (error) {
        return { error };
    }
    const card = form.details();
    return named("token", request("POST", "/v1/tokens", { card }));
}

function kindOf(clientSecret) {
    return String(clientSecret).startsWith("seti_") ? "setup" : "payment";
}

window.Stripe = function Stripe(publishableKey, options = {}) {
    checkKey(publishableKey);
    const request = apiClient(publishableKey, options);
    return {
        elements: (settings = {}) => createElements(request, settings),
        confirmPayment: (given) => confirmWithElements(request, "payment", given),
        confirmSetup: (given) => confirmWithElements(request, "setup", given),
        confirmCardPayment: (secret, data, settings) =>
            confirmCard(request, "payment", secret, data, settings),
        confirmCardSetup: (secret, data, settings) =>
            confirmCard(request, "setup", secret, data, settings),
        handleCardAction: (secret) => nextAction(request, "payment", secret),
        handleNextAction: ({ clientSecret }) =>
            nextAction(request, kindOf(clientSecret), clientSecret),
        retrievePaymentIntent: (secret) =>
            named("paymentIntent", retrieveIntent(request, "payment", secret)),
        retrieveSetupIntent: (secret) =>
            named("setupIntent", retrieveIntent(request, "setup", secret)),
        createPaymentMethod: (given) => createMethod(request, given),
        createToken: (element) => createCardToken(request, element),
        paymentRequest: createPaymentRequest,
        registerAppInfo: () => {},
    };
};
window.Stripe.version = 3;
