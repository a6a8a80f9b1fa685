/* The forms for cards and bank accounts, as plain elements of the page. */

let formCount = 0;

/** Build one labelled input; `spec.check` says what is wrong with its value. */
function buildField(spec, prefix, changed) {
    const id = `${prefix}-${spec.name}`;
    const problemId = `${id}-problem`;
    const input = node("input", {
        id,
        class: "emulator-input",
        type: "text",
        inputmode: spec.inputmode || "numeric",
        autocomplete: spec.autocomplete,
        placeholder: spec.placeholder,
        "data-emulator-field": spec.name,
        "aria-describedby": problemId,
    });
    const message = node("p", { id: problemId, class: "emulator-problem", role: "alert" });
    const label = node("label", { class: "emulator-label", for: id }, spec.label);
    const look = `emulator-field ${spec.wide ? "emulator-wide" : ""}`;
    const field = {
        node: node("div", { class: look }, label, input, message),
        input,
        problem: () => spec.check(input.value),
        show(found) {
            message.textContent = found ? found.message : "";
            input.setAttribute("aria-invalid", String(Boolean(found)));
        },
    };
    input.addEventListener("input", () => {
        const end = input.selectionStart === input.value.length;
        const formatted = spec.format ? spec.format(input.value) : input.value;
        // Formatting would move the cursor of somebody who corrects the middle.
        if (end && formatted !== input.value) {
            input.value = formatted;
        }
        field.show(null);
        changed();
    });
    input.addEventListener("blur", () => {
        field.show(input.value ? field.problem() : null);
    });
    return field;
}

/** Build a form of fields; `details` turns their values into what the API takes. */
function buildForm(type, specs, details, note, changed) {
    const prefix = `emulator-${type.replaceAll("_", "-")}-${++formCount}`;
    const fields = {};
    for (const spec of specs) {
        fields[spec.name] = buildField(spec, prefix, changed);
    }
    const all = Object.values(fields);
    const values = () =>
        Object.fromEntries(
            Object.entries(fields).map(([name, field]) => [name, field.input.value]),
        );
    return {
        type,
        node: node(
            "div",
            { class: "emulator-form", "data-emulator-form": type },
            ...all.map((field) => field.node),
            node("p", { class: "emulator-note" }, note),
        ),
        isEmpty: () => all.every((field) => !field.input.value),
        isComplete: () => all.every((field) => !field.problem()),
        details: () => details(values()),
        /** Show every problem, move to the first one and return it, or null. */
        validate() {
            const broken = all.filter((field) => field.problem());
            all.forEach((field) => field.show(field.problem()));
            broken[0]?.input.focus();
            return broken[0]?.problem() ?? null;
        },
        focus: () => all[0].input.focus(),
        clear() {
            all.forEach((field) => {
                field.input.value = "";
                field.show(null);
            });
            changed();
        },
    };
}

const CARD_FIELDS = (number) => [
    {
        name: "number",
        label: "Card number",
        placeholder: "1234 1234 1234 1234",
        autocomplete: "cc-number",
        wide: true,
        format: formatNumber,
        check: numberProblem,
    },
    {
        name: "expiry",
        label: "Expiration date",
        placeholder: "MM / YY",
        autocomplete: "cc-exp",
        format: formatExpiry,
        check: (text) => expiryProblem(text),
    },
    {
        name: "cvc",
        label: "Security code",
        placeholder: "CVC",
        autocomplete: "cc-csc",
        format: (text) => onlyDigits(text).slice(0, 4),
        check: (text) => cvcProblem(text, number()),
    },
];

function cardForm(changed) {
    const specs = CARD_FIELDS(() => form.details().number);
    const form = buildForm(
        "card",
        specs,
        ({ number, expiry, cvc }) => ({
            number: onlyDigits(number),
            exp_month: onlyDigits(expiry).slice(0, 2),
            exp_year: onlyDigits(expiry).slice(2),
            cvc,
        }),
        "Test cards only, for example 4242 4242 4242 4242.",
        changed,
    );
    return form;
}

function digitsField(name, label, length, placeholder) {
    return {
        name,
        label,
        placeholder,
        autocomplete: "off",
        wide: true,
        format: (text) => onlyDigits(text).slice(0, length),
        check: (text) =>
            text.length < length
                ? problem(`incomplete_${name}`, `Your ${label.toLowerCase()} is incomplete.`)
                : null,
    };
}

function bankAccountForm(changed) {
    return buildForm(
        "us_bank_account",
        [
            digitsField("routing_number", "Routing number", 9, "110000000"),
            digitsField("account_number", "Account number", 12, "000123456789"),
        ],
        (values) => ({ ...values, account_holder_type: "individual" }),
        "Test accounts only: 110000000 and 000123456789.",
        changed,
    );
}

function ibanForm(changed) {
    const check = (text) =>
        text.replace(/\s/g, "").length < 15
            ? problem("incomplete_iban", "Your IBAN is incomplete.")
            : null;
    return buildForm(
        "sepa_debit",
        [
            {
                name: "iban",
                label: "IBAN",
                placeholder: "AT61 1904 3002 3457 3201",
                inputmode: "text",
                autocomplete: "off",
                wide: true,
                check,
            },
        ],
        ({ iban }) => ({ iban: iban.replace(/\s/g, "").toUpperCase() }),
        "Test accounts only: AT61 1904 3002 3457 3201.",
        changed,
    );
}

const FORMS = {
    card: cardForm,
    us_bank_account: bankAccountForm,
    sepa_debit: ibanForm,
};
