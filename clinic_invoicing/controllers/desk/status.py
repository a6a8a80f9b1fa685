from odoo.http import request, route

from odoo.addons.payment.controllers.post_processing import PaymentPostProcessing


class ClinicDeskStatus(PaymentPostProcessing):
    """The page that follows a payment, for those that were made at the desk.

    Core's shows the portal's header, with the name of the employee who is logged in.
    """

    @route()
    def display_status(self, **kwargs):
        """Lead a payment that was made at the desk back to the desk."""
        key = self._get_monitored_transaction().clinic_desk_key
        if key:
            return request.redirect(f"/clinic/desk/result/{key}")
        return super().display_status(**kwargs)
