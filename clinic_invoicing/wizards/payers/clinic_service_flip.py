from odoo import api, fields, models

from ...actions import CLOSE, notification


class ClinicServiceFlip(models.TransientModel):
    """Flip services to the counterparts of their rates, after a look at the effect."""

    _name = "clinic.service.flip"
    _description = "Flip of Rates"
    _inherit = "clinic.dialog"

    service_ids = fields.Many2many("clinic.service", required=True, readonly=True)
    line_ids = fields.One2many(
        "clinic.service.flip.line", "flip_id", compute="_compute_line_ids", store=True
    )
    reason = fields.Char()
    has_invoiced = fields.Boolean(compute="_compute_has_invoiced")
    invoice_now = fields.Boolean(
        string="Invoice Again Now",
        default=True,
        help="Services that were invoiced are invoiced at once to who owes them now, "
        "as far as they can be.",
    )
    invoice_date = fields.Date(
        required=True, default=lambda self: self.env.company._clinic_get_day()
    )

    @api.depends("service_ids")
    def _compute_has_invoiced(self):
        for wizard in self:
            wizard.has_invoiced = any(
                service._is_on_invoice() for service in wizard.service_ids
            )

    @api.depends("service_ids")
    def _compute_line_ids(self):
        for wizard in self:
            services = wizard.service_ids._origin
            obstacles = services._get_flip_obstacles()
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create(
                    services.env["clinic.service.flip.line"]._prepare(
                        service, obstacles.get(service)
                    )
                )
                for service in services
            ]

    def action_confirm(self):
        """Flip those that can be flipped."""
        self.ensure_one()
        self.service_ids.check_access("write")
        # What the lines say was for the eyes: the client may send anything back.
        obstacles = self.service_ids._get_flip_obstacles()
        services = self.service_ids.filtered(lambda each: each not in obstacles)
        credit_notes, invoices = services._flip_rate(
            self.reason, self.invoice_date if self.invoice_now else None
        )
        return notification(
            "success", self._get_outcome(services, credit_notes, invoices), then=CLOSE
        )

    def _get_outcome(self, services, credit_notes, invoices):
        """Tell what has been done."""
        sentences = [self.env._("Flipped: %(count)s services.", count=len(services))]
        if credit_notes:
            names = ", ".join(credit_notes.mapped("name"))
            sentences.append(self.env._("Credit notes: %(names)s.", names=names))
        if invoices:
            names = ", ".join(invoices.mapped("name"))
            sentences.append(self.env._("New invoices: %(names)s.", names=names))
        return " ".join(sentences)


class ClinicServiceFlipLine(models.TransientModel):
    """What flipping one service does."""

    _name = "clinic.service.flip.line"
    _description = "Flip of a Rate"
    _inherit = "clinic.dialog"

    flip_id = fields.Many2one("clinic.service.flip", required=True, ondelete="cascade")
    service_id = fields.Many2one("clinic.service", required=True, readonly=True)
    currency_id = fields.Many2one(related="service_id.currency_id")
    former_rate_id = fields.Many2one("product.product", string="From", readonly=True)
    rate_id = fields.Many2one("product.product", string="Becomes", readonly=True)
    former_amount = fields.Monetary(string="Was", readonly=True)
    amount = fields.Monetary(string="Will Be", readonly=True)
    credited = fields.Monetary(readonly=True, help="Taken back from posted invoices.")
    obstacle = fields.Char(string="Is Left Alone", readonly=True)

    @api.model
    def _prepare(self, service, obstacle):
        """Return the values of the line of this service."""
        values = {
            "service_id": service.id,
            "former_rate_id": service.rate_id.id,
            "former_amount": service.amount_total,
            "obstacle": obstacle or False,
        }
        if not obstacle:
            values.update(
                rate_id=service._get_counterpart().id,
                amount=service._preview_flip().amount_total,
                credited=sum(service.share_ids.mapped("amount_invoiced")),
            )
        return values
