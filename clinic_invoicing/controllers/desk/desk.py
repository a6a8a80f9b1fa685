from uuid import uuid4

from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import request, route

from ...rules.askers import DESK, LINK
from ...server_side import tell
from ..paying.form import Shown, prepare_form
from ..paying.transaction import ClinicPaymentPortal

CALENDAR = "/odoo/clinic-appointments"
SESSION_ERROR = "clinic_desk_error"
SESSION_NOTICE = "clinic_desk_notice"


class ClinicDeskPages(ClinicPaymentPortal):
    """The desk's pages. What may be paid, and by whom, is decided by clinic.desk."""

    # === INVOICES === #

    @route(
        "/clinic/desk/pay/<int:invoice_id>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_desk_pay(self, invoice_id, amount="", link="", **_kwargs):
        """Show what a client owes, and the ways to pay it."""
        invoice = self._clinic_desk_find_invoice(invoice_id)
        invoices = self._clinic_desk_choose(invoice)
        due = self._clinic_desk()._get_due(invoices or invoice)
        most = invoices._clinic_sum_offered(DESK)
        owed = invoices._clinic_get_suggested(DESK)
        part = self._clinic_desk()._read_amount(amount, due.currency)
        is_part = part and due.currency.compare_amounts(part, most) <= 0
        offered = invoice._clinic_get_owed_by_same_payer()
        payable = offered._clinic_filter_for(DESK)
        allocation = invoices._clinic_get_allocation(part if is_part else owed)
        values = {
            "invoice": invoice,
            "offered": offered,
            "offered_total": offered._clinic_sum_owed(),
            "clearing": offered._clinic_count_clearing(),
            "chosen": invoices,
            "chosen_total": invoices._clinic_sum_owed(),
            "chosen_ids": _join(invoices),
            "payable": payable,
            "payable_ids": _join(payable),
            "obstacle": invoices._clinic_get_first_obstacle(),
            "owed": most,
            "held_note": invoices._clinic_explain_held(DESK),
            "link_asks": invoices._clinic_get_suggested(LINK),
            "others": invoice._clinic_get_of_same_visit(),
            "described": offered._clinic_describe_rows(),
            "allocation": allocation,
            "left": invoices._clinic_get_left(allocation),
            "obstacles": invoice._clinic_get_left_of_visit(),
            "can_write_off": self._clinic_desk()._can_write_off(due),
            **self._clinic_desk_prepare_link(due, link),
        }
        return self._clinic_desk_render_ways(
            "clinic_invoicing.desk_pay",
            due,
            part if is_part else owed,
            f"/clinic/desk/pay/{invoice.id}",
            values,
        )

    @route(
        "/clinic/desk/pay/<int:invoice_id>/email",
        type="http",
        auth="user",
        methods=["POST"],
    )
    def clinic_desk_email(self, invoice_id, invoice_ids="", **_kwargs):
        """Send the client the link to pay the chosen invoices."""
        invoice = self._clinic_desk_find_invoice(invoice_id)
        invoices = self._clinic_desk()._choose_invoices(invoice, invoice_ids)
        try:
            with request.env.cr.savepoint():
                due = self._clinic_desk()._get_due(invoices or invoice)
                request.session[SESSION_NOTICE] = self._clinic_desk()._send_link(due)
        except UserError as error:
            request.session[SESSION_ERROR] = error.args[0]
        ids = _join(invoices)
        return request.redirect(f"/clinic/desk/pay/{invoice.id}?invoice_ids={ids}")

    @route(
        "/clinic/desk/pay/<int:invoice_id>/write-off",
        type="http",
        auth="user",
        methods=["POST"],
    )
    def clinic_desk_write_off(self, invoice_id, invoice_ids="", amount="", **_kwargs):
        """Give up what is too little to be paid online."""
        invoice = self._clinic_desk_find_invoice(invoice_id)
        desk = self._clinic_desk()
        due = desk._get_due(desk._choose_invoices(invoice, invoice_ids))
        try:
            with request.env.cr.savepoint():
                amount = desk._read_amount(amount, invoice.currency_id)
                request.session[SESSION_NOTICE] = desk._write_off(due, amount)
        except UserError as error:
            request.session[SESSION_ERROR] = error.args[0]
        return request.redirect(f"/clinic/desk/pay/{invoice.id}")

    @route(
        "/clinic/desk/pay/<int:invoice_id>/<string:way>",
        type="http",
        auth="user",
        methods=["POST"],
    )
    def clinic_desk_pay_now(self, invoice_id, way, invoice_ids="", shown="", **form):
        """Take the payment; then show what became of it.

        :param str shown: the seal of what the page has shown
        """
        invoice = self._clinic_desk_find_invoice(invoice_id)
        invoices = self._clinic_desk()._choose_invoices(invoice, invoice_ids)
        due = self._clinic_desk()._get_due(invoices or invoice)
        back = f"/clinic/desk/pay/{invoice.id}?invoice_ids={_join(invoices)}"
        return self._clinic_desk_take(way, due, back, shown, **form)

    @route(
        "/clinic/desk/pay/<int:invoice_id>/<string:invoice_ids>/transaction",
        type="jsonrpc",
        auth="user",
    )
    def clinic_desk_transaction(self, invoice_id, invoice_ids, shown="", **kwargs):
        """Start to pay with a card that is typed; called by the payment form.

        :param str shown: the seal of what the page has shown
        """
        invoice = self._clinic_desk_find_invoice(invoice_id)
        invoices = self._clinic_desk()._choose_invoices(invoice, invoice_ids)
        invoices._clinic_check_chosen()
        return self._clinic_desk_type_card(
            self._clinic_desk()._get_due(invoices), shown, **kwargs
        )

    @route("/clinic/desk/pay/<int:invoice_id>/news", type="jsonrpc", auth="user")
    def clinic_desk_news(self, invoice_id, owed=0, clearing=0, invoice_ids=""):
        """Tell an open page whether the client has paid meanwhile."""
        invoice = self._clinic_desk_find_invoice(invoice_id)
        return self._clinic_desk()._get_news(
            invoice, str(invoice_ids), str(owed), str(clearing)
        )

    # === OUTCOME === #

    @route(
        "/clinic/desk/result/<string:key>",
        type="http",
        auth="user",
        website=True,
        methods=["GET"],
    )
    def clinic_desk_result(self, key, **_kwargs):
        """Show what became of a payment, and lead back to the calendar."""
        done = self._clinic_desk()._find_done(key)
        if not done:
            raise NotFound()
        self._clinic_desk()._finish(done)
        outcome = done._clinic_get_desk_outcome()
        others = outcome["invoices"][:1]._clinic_get_of_same_visit()
        return self._clinic_desk_render(
            "clinic_invoicing.desk_result",
            {
                "outcome": outcome,
                "notice": self._clinic_desk()._tell_paid(
                    outcome["payer"], outcome["amount"]
                ),
                "key": key,
                "company": done.company_id,
                "others": others,
                "next_url": others._clinic_get_desk_url() if others else CALENDAR,
                "back": outcome["invoices"]._clinic_get_desk_url()
                if outcome["invoices"]
                else f"/clinic/desk/deposit/{outcome['event'].id}",
            },
        )

    @route("/clinic/desk/result/<string:key>/news", type="jsonrpc", auth="user")
    def clinic_desk_result_news(self, key):
        """Tell an open page whether the outcome is known by now."""
        done = self._clinic_desk()._find_done(key)
        return {"changed": bool(done) and done.state != "draft"}

    # === HELPERS === #

    def _clinic_desk(self):
        return request.env["clinic.desk"]

    def _clinic_desk_find_invoice(self, invoice_id):
        invoice = self._clinic_desk()._find_invoice(invoice_id)
        if not invoice:
            raise NotFound()
        return invoice

    def _clinic_desk_choose(self, invoice):
        """Return the invoices that are ticked: several parameters of one name."""
        ticked = request.httprequest.args.getlist("invoice_ids")
        return self._clinic_desk()._choose_invoices(invoice, ",".join(ticked))

    def _clinic_desk_prepare_link(self, due, is_shown):
        """Return what the page shows of the link by which the client can pay."""
        desk = self._clinic_desk()
        can_use_link = desk._can_use_link(due)
        link = can_use_link and is_shown and desk._get_link(due)
        return {
            "can_use_link": can_use_link,
            "link": link,
            "offline_hint": desk._get_offline_hint(due),
        }

    def _clinic_desk_take(
        self, way, due, back, shown, /, key="", choice="", amount="", **_kwargs
    ):
        """Charge, or record, what was chosen; errors are shown on the page."""
        desk = self._clinic_desk()
        take = {"card": desk._charge, "outside": desk._receive}.get(way)
        if not take:
            raise NotFound()
        try:
            with request.env.cr.savepoint():
                amount = desk._read_amount(amount, due.currency)
                take(due, self._cast_as_int(choice), amount, key, shown)
        except UserError as error:
            # A second click, which finds that the first has paid everything.
            if not self._clinic_desk()._find_done(key):
                request.session[SESSION_ERROR] = error.args[0]
                return request.redirect(back)
        return request.redirect(f"/clinic/desk/result/{key}")

    def _clinic_desk_type_card(self, due, shown, /, amount=None, **kwargs):
        """Return what the payment form needs to have a card typed for the client."""
        kwargs.pop("access_token", None)
        self._validate_transaction_kwargs(kwargs)
        desk = self._clinic_desk()
        provider_id, flow = kwargs.get("provider_id"), kwargs.get("flow")
        desk._check_typing(due, amount, provider_id, flow)
        key = uuid4().hex
        # The desk is not the portal, whose switch is not asked.
        request.update_context(**tell(clinic_at_desk=True))
        tx_sudo = self._create_transaction(
            **{
                **kwargs,
                "amount": amount,
                "currency_id": due.currency.id,
                "partner_id": due.payer.id,
                "reference_prefix": desk._get_reference_prefix(due, key),
                # A card is only saved by its owner.
                "tokenization_requested": False,
                "is_validation": False,
                "landing_route": f"/clinic/desk/result/{key}",
                "custom_create_values": {"clinic_desk_key": key},
                "clinic_due": due,
                "clinic_shown": Shown(str(shown), with_cards=False),
            }
        )
        return tx_sudo._get_processing_values()

    def _clinic_desk_render_ways(self, template, due, amount, url, values):
        desk = self._clinic_desk()
        form = self._clinic_desk_prepare_form(due, amount, url)
        seal = request.env["clinic.shown"]._seal_due
        return self._clinic_desk_render(
            template,
            {
                **values,
                **form,
                "company": due.company,
                "payer": due.payer,
                "event": due.event,
                "amount": amount,
                "url": url,
                "key": uuid4().hex,
                "shown": seal(due, amount, request.env["payment.token"]),
                "seal_card": lambda card: seal(due, amount, card),
                "cards": desk._get_cards(due, amount) if amount else (),
                "ways_outside": desk._get_ways_outside(due),
                "error": request.session.pop(SESSION_ERROR, None),
                "notice": request.session.pop(SESSION_NOTICE, None),
            },
        )

    def _clinic_desk_prepare_form(self, due, amount, url):
        """Return the values of the provider's own form, if cards are typed here."""
        providers = self._clinic_desk()._get_typing_providers(due, amount)
        part = _join(due.invoices) if due.invoices else due.payer.id
        return prepare_form(
            providers,
            due.payer,
            due.currency,
            landing_route=url,
            transaction_route=f"{url}/{part}/transaction",
        )

    def _clinic_desk_render(self, template, values):
        return request.render(template, {**values, "calendar": CALENDAR})


def _join(records):
    return ",".join(map(str, records.ids))
