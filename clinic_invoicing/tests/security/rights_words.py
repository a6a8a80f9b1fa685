"""Who is meant in the tables of rights."""

DESK = "front_desk biller manager"
BILLERS = "biller manager"
MANAGERS = "manager"
# Who has Odoo's own right to invoice, in a clinic's group or without.
ACCOUNTING = "accountant biller manager"
ADMINISTRATORS = "administrator"
