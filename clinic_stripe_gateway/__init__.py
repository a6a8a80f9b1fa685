from . import controllers, models, wizards


def uninstall_hook(env):
    """Finish what nobody will remember, and take along what was set by hand.

    Odoo removes what the addon itself has made.
    """
    env["clinic.stripe.detachment"]._remove_before_uninstall()
    parameters = env["ir.config_parameter"].search(
        [("key", "=like", r"clinic\_stripe\_gateway.%")]
    )
    parameters.unlink()
