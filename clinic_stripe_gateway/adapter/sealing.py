"""Leave with Stripe what only this database can read.

A charge outlives the memory of the database that made it: a rollback, a killed worker
or a restored backup. What it was for is written on the charge itself, sealed.
"""

import base64
import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

# Of a value in Stripe's metadata.
LONGEST = 500


def seal(secret, record):
    """Return ``record`` as a text that only the holder of the secret can read.

    The same record always gives the same text: a request that is repeated has to be
    equal to the first one.

    :param str secret: 32 bytes or more, as hexadecimal digits
    :param dict record: of numbers and short texts
    :raise ValueError: the text would be longer than Stripe keeps
    """
    plain = json.dumps(record, separators=(",", ":"), sort_keys=True).encode()
    sealed = base64.urlsafe_b64encode(_cipher(secret).encrypt(plain, None)).decode()
    if len(sealed) > LONGEST:
        raise ValueError(f"Stripe keeps {LONGEST} characters, this has {len(sealed)}.")
    return sealed


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
