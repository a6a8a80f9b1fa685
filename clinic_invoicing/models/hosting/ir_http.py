from psycopg2.pool import PoolError
from werkzeug.exceptions import HTTPException

from odoo import models
from odoo.exceptions import UserError
from odoo.http import request

# Whatever is below these addresses, ours or Odoo's, is about somebody.
PRIVATE_FOLDERS = frozenset(
    ("account", "calendar", "clinic", "invoice", "my", "payment", "report")
)
# As are the files of records and what is exported, unless everybody may have them.
PRIVATE_FILES = ("/mail/attachment", "/web/content", "/web/export", "/web/pivot")
FRAMES = "frame-ancestors"


class IrHttp(models.AbstractModel):
    """Answers of the server: what is about somebody stays in no cache, no other frame.

    The address decides, not each controller: a new page is private by being there.
    """

    _inherit = "ir.http"

    @classmethod
    def _match(cls, path):
        rule, args = super()._match(path)
        # On the request, like Odoo's own `is_frontend`: an error has no rule.
        request.clinic_is_private = cls._clinic_is_private(rule.rule)
        return rule, args

    @classmethod
    def _post_dispatch(cls, response):
        result = super()._post_dispatch(response)
        cls._clinic_keep_private(response)
        return result

    @classmethod
    def _handle_error(cls, exception):
        """Keep what an error says as private as the page that should have come."""
        if isinstance(exception, PoolError):
            exception = cls._clinic_explain_busy()
        response = super()._handle_error(exception)
        if isinstance(response, HTTPException):
            response = response.get_response(request.httprequest.environ)
        cls._clinic_keep_private(response)
        return response

    @classmethod
    def _clinic_explain_busy(cls):
        """Return what to tell when a database connection was missing: perhaps only the
        one with which others are told of what was done.
        """
        return UserError(
            request.env._(
                "The server is too busy. Please see whether it was done, or try again "
                "in a moment."
            )
        )

    @classmethod
    def _clinic_is_private(cls, address):
        if address.split("/")[1] in PRIVATE_FOLDERS:
            return True
        is_for_all = not (
            request.session.uid or "access_token" in request.httprequest.args
        )
        return address.startswith(PRIVATE_FILES) and not is_for_all

    @classmethod
    def _clinic_keep_private(cls, response):
        """Let whoever comes back or looks over see nothing. Images tell of nobody."""
        is_image = (response.mimetype or "").startswith("image/")
        if is_image or not getattr(request, "clinic_is_private", False):
            return
        headers = response.headers
        headers["Cache-Control"] = "no-store"
        # Odoo's website editor frames pages of its own address.
        headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        # Several policies hold together.
        if FRAMES not in " ".join(headers.getlist("Content-Security-Policy")):
            headers.add("Content-Security-Policy", f"{FRAMES} 'self'")
