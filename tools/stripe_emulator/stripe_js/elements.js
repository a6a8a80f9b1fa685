/* `stripe.elements()` and the elements that it creates. */

/** Public element or group of elements → what only the other scripts may use. */
const internals = new WeakMap();

/** Give `on`, `once` and `off` to an element; return the function that emits. */
function addEvents(element) {
    const listeners = {};
    element.on = (name, listener) => {
        (listeners[name] ??= []).push(listener);
        return element;
    };
    element.off = (name, listener) => {
        const keep = (each) => listener !== undefined && each !== listener;
        listeners[name] = (listeners[name] || []).filter(keep);
        return element;
    };
    element.once = (name, listener) => {
        const wrapper = (event) => {
            element.off(name, wrapper);
            listener(event);
        };
        return element.on(name, wrapper);
    };
    return (name, event = {}) => {
        const sent = { elementType: element.elementType, ...event };
        (listeners[name] || []).slice().forEach((listener) => listener(sent));
    };
}

function findTarget(target) {
    const found = typeof target === "string" ? document.querySelector(target) : target;
    if (!found) {
        throw integrationError(
            `The selector you specified (${target}) applies to no DOM elements that are ` +
                "currently on the page.",
        );
    }
    return found;
}

/** Create an element that holds a form: `payment` or `card`. */
function formElement(elementType, group, options) {
    const element = { elementType };
    const emit = addEvents(element);
    let form = null;
    const state = () => ({
        empty: form.isEmpty(),
        complete: form.isComplete(),
        collapsed: false,
        value: { type: form.type },
        error: undefined,
    });
    const changed = () => emit("change", state());

    element.mount = (target) => {
        const container = findTarget(target);
        ensureStyle();
        group.load().then(({ data, error }) => {
            if (error) {
                emit("loaderror", { error });
                return;
            }
            form ??= FORMS[elementType === "card" ? "card" : data.type](changed);
            container.replaceChildren(form.node);
            emit("ready");
        });
    };
    element.unmount = () => form?.node.remove();
    element.destroy = () => {
        element.unmount();
        form = null;
        group.forget(element);
    };
    element.update = (changes) => Object.assign(options, changes);
    element.focus = () => form?.focus();
    element.blur = () => document.activeElement?.blur();
    element.clear = () => form?.clear();
    element.collapse = () => {};
    internals.set(element, { form: () => form, options });
    return element;
}

/** Create an element that offers wallets: there are none. */
function walletElement(elementType, group) {
    const element = { elementType };
    const emit = addEvents(element);
    element.mount = (target) => {
        findTarget(target);
        setTimeout(() => emit("ready", { availablePaymentMethods: undefined }));
    };
    element.unmount = () => {};
    element.update = () => {};
    element.destroy = () => group.forget(element);
    return element;
}

const ELEMENT_TYPES = {
    card: formElement,
    payment: formElement,
    expressCheckout: walletElement,
    paymentRequestButton: walletElement,
};

/** What a group of elements knows, shared by its elements and the confirmation. */
function groupState(request, options) {
    const settings = { ...options };
    const elements = [];
    let loading = null;
    return {
        settings,
        elements,
        submitted: false,
        forget: (element) => elements.splice(elements.indexOf(element), 1),
        /** Ask the emulator which kind of form these elements show. */
        load() {
            loading ??= request("GET", "/v3/session", {
                client_secret: settings.clientSecret,
                types: (settings.paymentMethodTypes || []).join(","),
            });
            return loading;
        },
        /** Return the element that holds the customer's input. */
        inputElement: () =>
            elements.find((element) => internals.get(element)?.form()),
    };
}

/** Create the object that `stripe.elements(options)` returns. */
function createElements(request, options) {
    const state = groupState(request, options);
    const group = {
        create(type, elementOptions = {}) {
            const build = ELEMENT_TYPES[type];
            if (!build) {
                throw integrationError(
                    `A valid Element name must be provided. Got ${type}.`,
                );
            }
            const element = build(type, state, elementOptions);
            state.elements.push(element);
            return element;
        },
        getElement: (type) =>
            state.elements.find((element) => element.elementType === type) ?? null,
        update: (changes) => Object.assign(state.settings, changes),
        fetchUpdates: async () => ({}),
        /** Check the input; resolves to `{}` or `{ error }` and never rejects. */
        async submit() {
            const form = formOf(state.inputElement());
            const error = form?.validate();
            state.submitted = !error;
            return error ? { error } : { selectedPaymentMethod: form?.type };
        },
    };
    internals.set(group, state);
    return group;
}

/** Return the form of an element, or undefined when it has none. */
function formOf(element) {
    return internals.get(element)?.form?.() ?? undefined;
}
