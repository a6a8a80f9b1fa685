"""Charges of autopay that are planned pay what is due by their day, and no more.

What has ended keeps paying all of its invoices: an upgrade takes nothing up again.
"""


def migrate(cr, _version):
    """Give planned charges their days; called by Odoo."""
    # SQL: no model is changed, and nobody is told.
    cr.execute(
        """UPDATE clinic_scheduled_charge
              SET due_until = date
            WHERE origin = 'autopay'
              AND state IN ('planned', 'noticed', 'retrying')
              AND due_until IS NULL"""
    )
