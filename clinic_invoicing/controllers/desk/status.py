from odoo.http import request, route

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing


class ClinicDeskStatus(PaymentPostProcessing):
    """Stock's page shows the portal's header, with the name of who is logged in."""

    @route()
    def display_status(self, **kwargs):
        """Lead a payment that was made at the desk back to the desk."""
        key = self._get_monitored_transaction().clinic_desk_key
        if key:
            return request.redirect(f"/clinic/desk/result/{key}")
        return super().display_status(**kwargs)
