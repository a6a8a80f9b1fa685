from werkzeug.exceptions import NotFound

from odoo.http import request, route

from ..desk.desk import ClinicDeskPages


class ClinicDeskDeposit(ClinicDeskPages):
    """The desk's page for deposits."""

    @route(
        "/clinic/desk/deposit/<int:event_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_desk_deposit(self, event_id, payer_id="", amount="", **_kwargs):
        """Show the ways to pay a deposit for an appointment."""
        due = self._clinic_desk()._find_deposit(event_id, self._cast_as_int(payer_id))
        if not due:
            return self._clinic_desk_lead_to_bill(event_id)
        part = self._clinic_desk()._read_amount(amount, due.currency)
        room = due.event._clinic_get_deposit_room(due.payer)
        is_part = part and due.currency.compare_amounts(part, room) <= 0
        return self._clinic_desk_render_ways(
            "clinic_invoicing.desk_deposit",
            due,
            part if is_part else due.event._clinic_get_deposit_amount(due.payer),
            f"/clinic/desk/deposit/{due.event.id}",
            {
                "room": room,
                "payers": due.event._clinic_get_deposit_payers(),
                "obstacle": due.event._clinic_get_deposit_obstacle(due.payer),
            },
        )

    @route(
        "/clinic/desk/deposit/<int:event_id>/<string:way>",
        type="http",
        auth="user",
        methods=["POST"],
    )
    def clinic_desk_deposit_now(self, event_id, way, payer_id="", shown="", **form):
        """Take the deposit; then show what became of it.

        :param str shown: the seal of what the page has shown
        """
        due = self._clinic_desk_find_deposit(event_id, payer_id)
        back = f"/clinic/desk/deposit/{due.event.id}?payer_id={due.payer.id}"
        return self._clinic_desk_take(way, due, back, shown, **form)

    @route(
        "/clinic/desk/deposit/<int:event_id>/<string:payer_id>/transaction",
        type="jsonrpc",
        auth="user",
    )
    def clinic_desk_deposit_transaction(self, event_id, payer_id, shown="", **kwargs):
        """Start to pay a deposit with a card that is typed.

        :param str shown: the seal of what the page has shown
        """
        due = self._clinic_desk_find_deposit(event_id, payer_id)
        return self._clinic_desk_type_card(due, shown, **kwargs)

    def _clinic_desk_lead_to_bill(self, event_id):
        """Lead an old page that is reloaded to what is to be paid for the visit now."""
        bill = self._clinic_desk()._find_bill_of_visit(event_id)
        if not bill:
            raise NotFound()
        return request.redirect(f"/clinic/desk/pay/{bill.id}")

    def _clinic_desk_find_deposit(self, event_id, payer_id):
        payer_id = self._cast_as_int(payer_id)
        due = self._clinic_desk()._find_deposit(event_id, payer_id)
        if not due:
            raise NotFound()
        return due
