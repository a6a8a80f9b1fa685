from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager


class ClinicPrograms(CustomerPortal):
    """The client's Programs pages. Who may register is decided by the programs.

    A program that is not published and the registration of somebody else are
    answered like those that do not exist.
    """

    _former_per_page = 20

    @route(
        ["/my/programs", "/my/programs/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_programs(self, page=1, **_kwargs):
        """Show the client's registrations, then what is on offer."""
        return request.render(
            "clinic_invoicing.portal_programs", self._prepare_programs_values(page)
        )

    @route(
        "/my/programs/<int:program_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_program(self, program_id, **_kwargs):
        """Show one program, with the form to register."""
        program = self._find_program(program_id)
        if not program:
            return request.not_found()
        return self._render_program(program)

    @route(
        "/my/programs/<int:program_id>/register",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def clinic_program_register(self, program_id, patient_id="", shown="", **_kwargs):
        """Register a patient of the client, and go on to the payment."""
        program = self._find_program(program_id)
        if not program:
            return request.not_found()
        try:
            with request.env.cr.savepoint():
                registration = program._register_for_client(
                    request.env.user, patient_id, shown
                )
        except UserError as error:
            return self._render_program(program, program_error=error.args[0])
        bill = registration._get_payable_bill()
        return request.redirect(
            f"/my/billing/pay?invoice_ids={bill.id}" if bill else "/my/programs"
        )

    @route(
        "/my/programs/registrations/<int:registration_id>/cancel",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_program_cancel(self, registration_id, **_kwargs):
        """Tell what becomes of the money before anything is cancelled."""
        registration = self._find_registration(registration_id)
        if not registration:
            return request.not_found()
        return self._render_cancelling(registration)

    @route(
        "/my/programs/registrations/<int:registration_id>/cancel",
        type="http",
        auth="user",
        website=True,
        methods=["POST"],
    )
    def clinic_program_cancel_confirm(self, registration_id, terms="", **_kwargs):
        """Cancel the registration on the terms that the client has read."""
        registration = self._find_registration(registration_id)
        if not registration:
            return request.not_found()
        try:
            with request.env.cr.savepoint():
                registration._cancel_for_client(request.env.user, terms)
        except UserError as error:
            return self._render_cancelling(registration, program_error=error.args[0])
        return request.redirect("/my/programs")

    # === HELPERS === #

    def _find_program(self, program_id):
        # sudo: the domain says which programs a client sees; there is no other right.
        programs = request.env["clinic.program"].sudo()
        return programs.search(
            [("id", "=", program_id)]
            + list(programs._get_visible_domain(request.env.user))
        )

    def _find_registration(self, registration_id):
        # sudo: the domain says whose they are, as the list does.
        registrations = request.env["clinic.program.registration"].sudo()
        partner = request.env.user.partner_id
        return registrations.search(
            [("id", "=", registration_id)]
            + list(registrations._get_client_domain(partner))
        )

    def _prepare_programs_values(self, page=1):
        user = request.env.user
        # sudo: as for a single program and registration.
        programs = request.env["clinic.program"].sudo()
        registrations = request.env["clinic.program.registration"].sudo()
        former_domain = registrations._get_former_domain(user.partner_id)
        pager = portal_pager(
            url="/my/programs",
            total=registrations.search_count(former_domain),
            page=page,
            step=self._former_per_page,
        )
        return {
            **self._prepare_portal_layout_values(),
            "page_name": "clinic_programs",
            "current": registrations._get_current(user.partner_id),
            "former": registrations.search(
                former_domain, limit=self._former_per_page, offset=pager["offset"]
            ),
            "offered": programs._get_offered(user),
            "visible_domain": programs._get_visible_domain(user),
            "pager": pager,
        }

    def _render_program(self, program, **values):
        patients = program._get_patients_of(request.env.user.partner_id)
        return request.render(
            "clinic_invoicing.portal_program",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "clinic_programs",
                "program": program,
                "shown": program.env["clinic.shown"]._seal_program(program),
                "obstacle": program._get_client_obstacle(),
                "patients": patients,
                "registered": program._get_registered(patients),
                **values,
            },
        )

    def _render_cancelling(self, registration, **values):
        return request.render(
            "clinic_invoicing.portal_program_cancel",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "clinic_programs",
                "registration": registration,
                "program": registration.program_id,
                **values,
            },
        )
