"""The seal on what a charge is for: left with Stripe, for this database to read.

A charge outlives the memory of the database that made it: a rollback, a killed worker
or a restored backup. What it was for is written on the charge itself, sealed.
"""

import base64
import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

# Of a value in Stripe's metadata.
LONGEST_VALUE = 500
# Among how many values a seal is spread at most: enough for hundreds of invoices.
MOST_PARTS = 20
NAMES = ("origin", *(f"origin_{number}" for number in range(1, MOST_PARTS)))


def seal(secret, record):
    """Return ``record`` as metadata that only the holder of the secret can read.

    The same record always gives the same texts: a request that is repeated has to be
    equal to the first one.

    :param str secret: 32 bytes or more, as hexadecimal digits
    :param dict record: of numbers and short texts
    :return: the values by their names, each as long as Stripe keeps it
    :rtype: dict[str, str]
    :raise ValueError: they would be too many
    """
    plain = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
    sealed = base64.urlsafe_b64encode(_cipher(secret).encrypt(plain, None)).decode()
    parts = [
        sealed[at : at + LONGEST_VALUE] for at in range(0, len(sealed), LONGEST_VALUE)
    ]
    if len(parts) > MOST_PARTS:
        raise ValueError(f"{MOST_PARTS} values are sent, this has {len(parts)}.")
    return dict(zip(NAMES, parts, strict=False))


def gather(metadata):
    """Return the sealed text that is spread in an object's metadata, or nothing."""
    return "".join(metadata.get(name, "") for name in NAMES)


def unseal(secret, sealed):
    """Return the record, or ``None`` for what another database has sealed."""
    try:
        return json.loads(
            _cipher(secret).decrypt(base64.urlsafe_b64decode(sealed), None)
        )
    except (InvalidTag, ValueError):
        return None


def _cipher(secret):
    return AESSIV(bytes.fromhex(secret)[:32])
