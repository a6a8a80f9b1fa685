from . import controllers, models, wizards
from .log_records import install as keep_log_private


def post_init_hook(env):
    """Leave to staff the money that a practice held before it had this addon."""
    env["res.company"].search([])._clinic_leave_held_money()


def uninstall_hook(env):
    """Take the trigger function along, which belongs to no table.

    Raw SQL: Odoo knows nothing of functions of the database.
    """
    env.cr.execute("DROP FUNCTION IF EXISTS clinic_check_shares() CASCADE")
