"""What services cost, apart from what their invoices make of it: as they say today."""

from odoo.tools.sql import column_exists, create_column


def migrate(cr, version):
    """Fill the new columns at once: Odoo would compute them, of what is billed too.

    Raw SQL: there may be a million services, and no field is known yet.
    """
    if not column_exists(cr, "clinic_service", "amount_priced"):
        create_column(cr, "clinic_service", "amount_priced", "numeric")
        cr.execute("UPDATE clinic_service SET amount_priced = amount_total")
    if not column_exists(cr, "clinic_service_share", "amount_correction"):
        create_column(cr, "clinic_service_share", "amount_correction", "numeric")
        cr.execute("UPDATE clinic_service_share SET amount_correction = 0")
