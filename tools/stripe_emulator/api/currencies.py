"""What Stripe asks of an amount in each currency.

Source: https://docs.stripe.com/currencies
"""

from ..protocol.errors import invalid


def _codes(text):
    return frozenset(text.split())


ZERO_DECIMAL = _codes("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
# Amounts have three decimals, of which the last must be 0.
THREE_DECIMAL = _codes("bhd jod kwd omr tnd")
# Zero-decimal currencies that the API represents with two decimals, which must be 0.
TWO_DECIMAL_WHOLE = _codes("isk ugx")
TWO_DECIMAL = _codes(
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp "
    "byn bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel "
    "gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes kgs khr kyd kzt lak lbp lkr "
    "lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd "
    "pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std "
    "szl thb tjs top try ttd twd tzs uah usd uyu uzs wst xcd yer zar zmw"
)
KNOWN = ZERO_DECIMAL | THREE_DECIMAL | TWO_DECIMAL_WHOLE | TWO_DECIMAL

# Smallest charge in minor units, per settlement currency.
MINIMUM = {
    "aed": 200,
    "aud": 50,
    "bgn": 100,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "inr": 50,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "nzd": 50,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "sgd": 50,
    "thb": 1000,
    "usd": 50,
}
# Eight digits in minor units; larger amounts are agreed with Stripe one by one.
MAXIMUM = 99_999_999


def check_currency(currency):
    """Return the currency code as Stripe stores it, in lower case."""
    code = currency.lower()
    if code not in KNOWN:
        raise invalid(
            f"Invalid currency: {code}. Stripe currently supports these currencies: "
            + ", ".join(sorted(KNOWN)),
            param="currency",
        )
    return code


def check_amount(amount, currency, param="amount"):
    """Refuse an amount that Stripe would not charge in that currency."""
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise invalid(message, param=param, code="parameter_invalid_integer")
    if amount > MAXIMUM:
        raise invalid(
            f"Amount must be no more than {format_amount(MAXIMUM, currency)}",
            param=param,
            code="amount_too_large",
        )
    check_step(amount, currency, param)
    least = MINIMUM.get(currency, 0)
    if amount < least:
        raise invalid(
            f"Amount must be at least {format_amount(least, currency)}",
            param=param,
            code="amount_too_small",
        )


def check_step(amount, currency, param="amount"):
    """Refuse decimals that the currency does not have."""
    step = 1
    if currency in THREE_DECIMAL:
        step = 10
    elif currency in TWO_DECIMAL_WHOLE:
        step = 100
    if amount % step:
        raise invalid(
            f"Invalid amount: amounts in {currency} must be divisible by {step}.",
            param=param,
            code="parameter_invalid_integer",
        )


def decimals(currency):
    """Return how many decimals amounts of this currency have in the API."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def format_amount(amount, currency):
    """Return an amount for people, such as `$1,099.00 usd` or `¥50 jpy`."""
    places = decimals(currency)
    sign = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}.get(currency, "")
    return f"{sign}{amount / 10**places:,.{places}f} {currency}"
