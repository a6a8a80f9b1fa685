/* Requests to the emulator, in the form in which Stripe.js makes them. */

/** Flatten nested values to Stripe's form encoding: `a[b]=1`, `x[0]=a`. */
function encodeForm(value, prefix, form) {
    if (value === null || value === undefined) {
        return form;
    }
    if (typeof value === "object") {
        for (const [name, item] of Object.entries(value)) {
            encodeForm(item, prefix ? `${prefix}[${name}]` : name, form);
        }
    } else {
        form.append(prefix, value);
    }
    return form;
}

const CONNECTION_ERROR = {
    type: "api_connection_error",
    message:
        "An unexpected error occurred. Please check your connection and try again.",
};

/** Return a function that calls the API with one publishable key. */
function apiClient(publishableKey, options) {
    const headers = { Authorization: `Bearer ${publishableKey}` };
    if (options.apiVersion) {
        headers["Stripe-Version"] = options.apiVersion;
    }
    if (options.stripeAccount) {
        headers["Stripe-Account"] = options.stripeAccount;
    }
    /** Resolves to `{ data }` or `{ error }`, never rejects. */
    return async function request(method, path, params = {}) {
        const form = encodeForm(params, "", new URLSearchParams());
        const query = method === "GET" && String(form) ? `?${form}` : "";
        const body = method === "GET" ? undefined : form;
        try {
            const url = EMULATOR_URL + path + query;
            const answer = await fetch(url, { method, headers, body });
            const content = await answer.json();
            return answer.ok ? { data: content } : { error: content.error };
        } catch {
            return { error: CONNECTION_ERROR };
        }
    };
}

/** What Stripe.js throws when a page uses it wrongly. */
function integrationError(message) {
    const error = new Error(message);
    error.name = "IntegrationError";
    return error;
}
