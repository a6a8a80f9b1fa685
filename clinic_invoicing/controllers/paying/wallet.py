from odoo.http import request, route

from odoo.addons.payment.controllers.portal import PaymentPortal


class ClinicWalletPortal(PaymentPortal):
    """The route by which clients remove their cards."""

    @route()
    def archive_token(self, token_id=None):
        """Let nobody remove somebody else's card.

        Core lets everybody under one commercial partner do it.
        """
        if type(token_id) is not int:
            return
        owners = request.env.user.partner_id._clinic_get_managed_wallets()
        # sudo: as Core does; nothing is told of the card.
        token_sudo = request.env["payment.token"].sudo().browse(token_id).exists()
        if token_sudo and token_sudo.partner_id <= owners:
            super().archive_token(token_id)
            # Core removes none of an address, nor of those that somebody acts for.
            token_sudo.active = False
