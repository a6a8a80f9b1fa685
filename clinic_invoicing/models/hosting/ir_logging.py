from odoo import models

from ...log_records import install


class IrLogging(models.Model):
    """The log, which tells nothing of anybody."""

    _inherit = "ir.logging"

    def _register_hook(self):
        """Keep the log private also where the addon was imported before Odoo loaded it,
        as commands are: then Odoo does not call its ``post_load``.
        """
        super()._register_hook()
        install()
