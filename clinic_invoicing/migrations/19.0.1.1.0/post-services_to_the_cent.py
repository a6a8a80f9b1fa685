"""Let services that are not billed say what their invoices will say."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Compute those alone: what is billed says what it said, and no money is moved."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["clinic.service"]._reprice([])
    env.flush_all()
