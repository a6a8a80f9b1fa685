"""Signing an event and sending it once.

https://docs.stripe.com/webhooks#verify-manually describes the signature. Redirects are
not followed: to Stripe they are failures.
"""

import hashlib
import hmac
import http.client
import ssl
import time
from urllib.parse import urlsplit


def signature_header(body, secrets, timestamp):
    """Return the `Stripe-Signature` header: one `v1` for every live secret."""
    signed = f"{timestamp}.".encode() + body
    signatures = [
        hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for secret in secrets
    ]
    return ",".join([f"t={timestamp}", *(f"v1={each}" for each in signatures)])


def post(url, body, secrets, timeout):
    """POST an event; return what happened, as plain data."""
    started = time.time()
    attempt = {"at": started, "url": url, "status": None, "error": None}
    parts = urlsplit(url)
    headers = {
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Connection": "close",
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature_header(body, secrets, int(started)),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    connection = _connection(parts, timeout)
    try:
        target = parts.path or "/"
        target += f"?{parts.query}" if parts.query else ""
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        answer.read()
        attempt["status"] = answer.status
        if answer.status // 100 != 2:
            attempt["error"] = f"HTTP {answer.status}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        attempt["error"] = f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    attempt["duration"] = time.time() - started
    return attempt


def _connection(parts, timeout):
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            parts.hostname,
            parts.port,
            timeout=timeout,
            context=ssl.create_default_context(),
        )
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
