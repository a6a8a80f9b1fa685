/* Confirming intents: payment method, confirmation, authentication, way back. */

const KINDS = {
    payment: { path: "/v1/payment_intents", name: "payment_intent" },
    setup: { path: "/v1/setup_intents", name: "setup_intent" },
};
const RESULT_NAMES = { payment: "paymentIntent", setup: "setupIntent" };

function intentPath(kind, clientSecret) {
    const id = String(clientSecret).split("_secret_")[0];
    return `${KINDS[kind].path}/${encodeURIComponent(id)}`;
}

function retrieveIntent(request, kind, clientSecret) {
    const path = intentPath(kind, clientSecret);
    return request("GET", path, { client_secret: clientSecret });
}

/** Merge what the page passes as billing details with the element's defaults. */
function billingDetails(element, given) {
    const { options } = internals.get(element);
    const defaults = options.defaultValues?.billingDetails || {};
    const merged = {
        ...defaults,
        ...given,
        address: { ...defaults.address, ...given?.address },
    };
    const clean = (hash) =>
        Object.fromEntries(Object.entries(hash).filter(([, value]) => value));
    return clean({ ...merged, address: clean(merged.address) });
}

/** Create a payment method from an element's form; resolves to `{ data }` or `{ error }`. */
async function methodFromElement(request, element, given = {}) {
    const form = formOf(element);
    const error = form.validate();
    if (error) {
        return { error };
    }
    return request("POST", "/v1/payment_methods", {
        type: form.type,
        [form.type]: form.details(),
        billing_details: billingDetails(element, given.billing_details),
        metadata: given.metadata,
    });
}

/** Refuse elements that were made for another payment, as Stripe.js does. */
function checkDeferred({ settings, submitted }, intent) {
    if (!submitted) {
        throw integrationError(
            "elements.submit() must be called before stripe.confirmPayment() or " +
                "stripe.confirmSetup().",
        );
    }
    const pairs = [["setupFutureUsage", intent.setup_future_usage]];
    if (intent.object === "payment_intent") {
        pairs.push(["currency", intent.currency]);
        // Both capture at once; newer API versions only answer before it is booked.
        const capture = intent.capture_method.replace("automatic_async", "automatic");
        pairs.push(["captureMethod", capture]);
    } else {
        pairs[0][1] = intent.usage;
    }
    for (const [name, actual] of pairs) {
        const wanted = settings[name] ?? null;
        const optional = name === "captureMethod" && wanted === null;
        if (!optional && wanted !== (actual ?? null)) {
            throw integrationError(
                `The ${name} of the Elements (${wanted}) does not match the intent's ` +
                    `(${actual}).`,
            );
        }
    }
}

/** Confirm an intent and let the cardholder authenticate if the bank asks. */
async function confirmIntent(request, kind, clientSecret, params, handleActions = true) {
    const answer = await request("POST", `${intentPath(kind, clientSecret)}/confirm`, {
        ...params,
        client_secret: clientSecret,
        use_stripe_sdk: true,
    });
    if (answer.error || !handleActions) {
        return answer;
    }
    return handleAction(request, kind, answer.data);
}

/** Run the next action of an intent, if there is one that Stripe.js can run. */
async function handleAction(request, kind, intent) {
    if (intent.status !== "requires_action") {
        return { data: intent };
    }
    const outcome = await askCardholder();
    if (outcome === "closed") {
        return {
            error: {
                type: "invalid_request_error",
                code: `${KINDS[kind].name}_authentication_failure`,
                message:
                    "We are unable to authenticate your payment method. Please choose a " +
                    "different payment method and try again.",
                [KINDS[kind].name]: intent,
            },
        };
    }
    const secret = intent.client_secret;
    await request("POST", "/v3/authenticate", { client_secret: secret, outcome });
    const answer = await retrieveIntent(request, kind, secret);
    const failure = answer.data?.last_payment_error ?? answer.data?.last_setup_error;
    if (failure) {
        return { error: { ...failure, [KINDS[kind].name]: answer.data } };
    }
    return answer;
}

/** Return the address to which Stripe sends the customer after a confirmation. */
function wayBack(kind, intent, returnUrl) {
    const url = new URL(returnUrl, window.location.href);
    const { name } = KINDS[kind];
    url.searchParams.set(name, intent.id);
    url.searchParams.set(`${name}_client_secret`, intent.client_secret);
    const pending = intent.status === "processing";
    url.searchParams.set("redirect_status", pending ? "pending" : "succeeded");
    return url.href;
}

/** What a debit needs beyond a card: the customer's agreement. */
function mandateData(type) {
    if (type === "card") {
        return undefined;
    }
    return {
        customer_acceptance: {
            type: "online",
            online: { ip_address: "127.0.0.1", user_agent: navigator.userAgent },
        },
    };
}

/** Do what `confirmPayment` and `confirmSetup` share. */
async function confirmWithElements(request, kind, options) {
    const { elements, confirmParams = {}, redirect = "always" } = options;
    const group = elements && internals.get(elements);
    const clientSecret = options.clientSecret ?? group?.settings.clientSecret;
    if (!clientSecret) {
        throw integrationError("Missing value for clientSecret.");
    }
    if (redirect !== "if_required" && !confirmParams.return_url) {
        throw integrationError("Missing value for confirmParams.return_url.");
    }
    const { params, error } = await confirmationParams(
        request,
        kind,
        group,
        clientSecret,
        confirmParams,
    );
    if (error) {
        return { error };
    }
    const answer = await confirmIntent(request, kind, clientSecret, params);
    if (answer.error) {
        return { error: answer.error };
    }
    if (redirect === "if_required") {
        return { [RESULT_NAMES[kind]]: answer.data };
    }
    window.location.assign(wayBack(kind, answer.data, confirmParams.return_url));
    // The page is being left: as with Stripe.js the caller waits for nothing.
    return new Promise(() => {});
}

/** Return `{ params }` for the confirmation, or `{ error }` for the page. */
async function confirmationParams(request, kind, group, clientSecret, given) {
    const params = { return_url: given.return_url, shipping: given.shipping };
    if (!group) {
        return { params: { ...params, payment_method: given.payment_method } };
    }
    const element = group.inputElement();
    if (!element) {
        throw integrationError("Elements must be mounted before they are confirmed.");
    }
    // Elements that were made without an intent must fit the one they get now.
    if (!group.settings.clientSecret) {
        const { data, error } = await retrieveIntent(request, kind, clientSecret);
        if (error) {
            return { error };
        }
        checkDeferred(group, data);
    }
    const made = await methodFromElement(request, element, given.payment_method_data);
    if (made.error) {
        return { error: made.error };
    }
    params.payment_method = made.data.id;
    params.mandate_data = mandateData(made.data.type);
    return { params };
}
