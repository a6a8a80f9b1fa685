"""Whose money payments are, which until now was asked of several tables.

Nothing is allocated by it, or taken back.
"""

# Whoever has paid online; else who was billed, where one person was; else whom the
# payment names.
PAYERS = """
WITH paid AS (
    SELECT DISTINCT rel.payment_id, move.partner_id, move.commercial_partner_id
      FROM account_move__account_payment rel
      JOIN account_move move ON move.id = rel.invoice_id AND move.clinic_has_services
), single AS (
    SELECT payment_id,
           MIN(partner_id) AS partner_id,
           MIN(commercial_partner_id) AS commercial_partner_id
      FROM paid
     GROUP BY payment_id
    HAVING COUNT(*) = 1
), payer AS (
    SELECT payment.id,
           COALESCE(tx.partner_id, single.partner_id, payment.partner_id) AS partner_id
      FROM account_payment payment
      LEFT JOIN payment_transaction tx ON tx.id = payment.payment_transaction_id
      LEFT JOIN single ON single.payment_id = payment.id
                      AND single.commercial_partner_id = payment.partner_id
)
UPDATE account_payment payment
   SET clinic_payer_id = payer.partner_id
  FROM payer
 WHERE payer.id = payment.id
"""

# They are made again with the data: who acts for a payer is told by them as well.
RULES = ("account_move_rule_client", "account_move_line_rule_client")


def migrate(cr, version):
    """Fill the new column, and let the rules of clients be renewed."""
    # SQL: the column is filled before Odoo computes it payment by payment.
    cr.execute(
        "ALTER TABLE account_payment ADD COLUMN IF NOT EXISTS clinic_payer_id integer"
    )
    set_payers(cr)
    # SQL: Odoo loads its records after this.
    cr.execute(
        """
        WITH renewed AS (
            DELETE FROM ir_model_data
             WHERE module = 'clinic_invoicing' AND name IN %s
         RETURNING res_id
        )
        DELETE FROM ir_rule WHERE id IN (SELECT res_id FROM renewed)
        """,
        [RULES],
    )


def set_payers(cr):
    """Say whose money each payment is."""
    # SQL: as above.
    cr.execute(PAYERS)
