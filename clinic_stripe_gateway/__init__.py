from . import controllers, models, wizards


def uninstall_hook(env):
    """Take along what was set by hand: Odoo removes what the addon itself has made."""
    parameters = env["ir.config_parameter"].search(
        [("key", "=like", r"clinic\_stripe\_gateway.%")]
    )
    parameters.unlink()
