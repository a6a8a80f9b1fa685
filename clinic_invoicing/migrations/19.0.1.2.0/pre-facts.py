"""What services follow until they are billed: nothing of what they say is changed."""

from odoo.tools.sql import column_exists, create_column

NEW_COLUMNS = {
    "clinic_service": {
        "is_billed": "bool",
        "by_hand": "varchar",
        "rate_price": "numeric",
    },
    "clinic_service_share": {"by_hand": "varchar", "by_rate": "bool"},
}

# The price that was billed stays, whatever is taken back: what the rate cost then is
# not known any more.
KEEP_BILLED_PRICES = """
UPDATE clinic_service service
   SET is_billed = TRUE, by_hand = 'price_unit'
 WHERE EXISTS (
       SELECT FROM clinic_service_share share
        WHERE share.service_id = service.id
          AND (share.amount_invoiced > 0 OR share.settled_amount > 0))
"""


def migrate(cr, version):
    """Fill the new columns at once: Odoo would compute them one by one.

    Raw SQL: there may be a million services, and no field is known yet.
    """
    if column_exists(cr, "clinic_service", "is_billed"):
        return
    for table, columns in NEW_COLUMNS.items():
        for name, kind in columns.items():
            create_column(cr, table, name, kind)
    cr.execute(KEEP_BILLED_PRICES)
