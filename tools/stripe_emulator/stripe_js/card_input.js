/* What a typed card number, expiry date and security code say. */

const ONLY_TEST_CARDS =
    "Only Stripe's test cards work here. Never type a real card number.";

/** The rules of each brand: first digits, lengths, digits of the security code. */
const BRANDS = [
    { name: "amex", start: /^3[47]/, lengths: [15], cvc: 4 },
    { name: "diners", start: /^3(0[0-5]|[68])/, lengths: [14, 16], cvc: 3 },
    { name: "jcb", start: /^35/, lengths: [16], cvc: 3 },
    { name: "mastercard", start: /^(5[1-5]|2[2-7])/, lengths: [16], cvc: 3 },
    { name: "discover", start: /^6(011|5|4[4-9])/, lengths: [16], cvc: 3 },
    { name: "unionpay", start: /^6[2]/, lengths: [16, 19], cvc: 3 },
    { name: "visa", start: /^4/, lengths: [16], cvc: 3 },
];
const UNKNOWN_BRAND = { name: "unknown", lengths: [16], cvc: 3 };

function onlyDigits(text) {
    return text.replace(/\D/g, "");
}

function brandOf(number) {
    return BRANDS.find((brand) => brand.start.test(number)) || UNKNOWN_BRAND;
}

/** Group digits as they are printed on the card. */
function formatNumber(text) {
    const number = onlyDigits(text).slice(0, 19);
    const groups =
        brandOf(number).name === "amex"
            ? [number.slice(0, 4), number.slice(4, 10), number.slice(10, 15)]
            : number.match(/.{1,4}/g) || [];
    return groups.filter(Boolean).join(" ");
}

/** Write `1` to `9` as `MM / YY`; a lone digit above 1 can only be a month. */
function formatExpiry(text) {
    let digits = onlyDigits(text);
    if (/^[2-9]/.test(digits)) {
        digits = `0${digits}`;
    }
    // A browser may fill in a year of four digits.
    if (digits.length === 6 && digits.slice(2, 4) === "20") {
        digits = digits.slice(0, 2) + digits.slice(4);
    }
    digits = digits.slice(0, 4);
    return digits.length > 2 ? `${digits.slice(0, 2)} / ${digits.slice(2)}` : digits;
}

function passesLuhn(number) {
    const sum = [...number].reverse().reduce((total, digit, index) => {
        const value = Number(digit) * (index % 2 ? 2 : 1);
        return total + (value > 9 ? value - 9 : value);
    }, 0);
    return sum % 10 === 0;
}

function problem(code, message) {
    return { type: "validation_error", code, message };
}

/** Return what is wrong with a number, or null. */
function numberProblem(text) {
    const number = onlyDigits(text);
    if (!brandOf(number).lengths.some((length) => number.length >= length)) {
        return problem("incomplete_number", "Your card number is incomplete.");
    }
    // The emulator answers this one number itself, with `incorrect_number`.
    if (number === INCORRECT_NUMBER) {
        return null;
    }
    if (!passesLuhn(number)) {
        return problem("invalid_number", "Your card number is invalid.");
    }
    if (!TEST_NUMBERS.includes(number)) {
        return problem("test_mode_live_card", ONLY_TEST_CARDS);
    }
    return null;
}

/** Return what is wrong with an expiry date, or null. */
function expiryProblem(text, today = new Date()) {
    const digits = onlyDigits(text);
    if (digits.length < 4) {
        return problem(
            "incomplete_expiry",
            "Your card's expiration date is incomplete.",
        );
    }
    const month = Number(digits.slice(0, 2));
    const year = 2000 + Number(digits.slice(2));
    if (month < 1 || month > 12) {
        return problem(
            "invalid_expiry_month",
            "Your card's expiration date is invalid.",
        );
    }
    if (year < today.getFullYear()) {
        return problem(
            "invalid_expiry_year_past",
            "Your card's expiration year is in the past.",
        );
    }
    if (year === today.getFullYear() && month < today.getMonth() + 1) {
        return problem(
            "invalid_expiry_month_past",
            "Your card's expiration date is in the past.",
        );
    }
    return null;
}

/** Return what is wrong with a security code, or null. */
function cvcProblem(text, number) {
    if (onlyDigits(text).length < brandOf(onlyDigits(number)).cvc) {
        return problem(
            "incomplete_cvc",
            "Your card's security code is incomplete.",
        );
    }
    return null;
}
