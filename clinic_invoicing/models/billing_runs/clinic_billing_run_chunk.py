import logging

from odoo import fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)


class ClinicBillingRunChunk(models.Model):
    """The services of a billing run that are invoiced in one transaction.

    A worker locks a chunk, invoices it and commits; a chunk that is locked is left to
    its worker. When a worker dies, PostgreSQL takes back all that it did and gives
    the chunk free: nothing is lost, and nothing is there twice.
    """

    _name = "clinic.billing.run.chunk"
    _description = "Part of a Clinic Billing Run"
    _inherit = ["clinic.guarded"]

    run_id = fields.Many2one(
        "clinic.billing.run", required=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(
        [("todo", "To do"), ("done", "Done")], required=True, default="todo"
    )
    item_ids = fields.One2many("clinic.billing.run.item", "chunk_id")

    _open_index = models.Index("(run_id, id) WHERE state = 'todo'")

    def _get_open_items(self):
        return self.item_ids.filtered(lambda item: item.state == "todo")

    def _get_services(self, items=None):
        """Return what is to be invoiced, as who started the run sees it."""
        run = self.run_id
        user = run.started_by_id
        context = {
            "allowed_company_ids": run.company_id.ids,
            "lang": user.lang,
            "tz": user.tz,
        }
        # Not in sudo: the run has no more rights than its starter.
        env = self.env(user=user, su=False, context=context)
        items = self._get_open_items() if items is None else items
        return items.service_id.with_env(env)

    def _try_to_lock_services(self):
        """Return whether nobody else is invoicing any of the services."""
        services = self._get_services()
        return services.try_lock_for_update(allow_referencing=True) == services

    def _invoice(self):
        """Invoice the services of this chunk; it and they are locked."""
        self.ensure_one()
        items = self._get_open_items()
        obstacles = {
            service.id: sentence
            for service, sentence in self._get_services()
            ._get_billing_obstacles()
            .items()
        }
        reasons = {
            item: ("skipped", obstacles[item.service_id.id])
            for item in items
            if item.service_id.id in obstacles
        }
        reasons.update(self._invoice_ready(items.filtered(lambda i: i not in reasons)))
        items._settle(reasons)
        self.state = "done"

    def _invoice_ready(self, items):
        """Invoice services; when that fails, find out which of them are to blame.

        :return: ``("failed", sentence)`` for each item that was not invoiced
        :rtype: dict
        """
        if not items:
            return {}
        invoiced, error = self._try_to_invoice(items)
        if not error:
            changed = self.env._("Who pays for it has changed meanwhile. Press Retry.")
            return dict.fromkeys(items - invoiced, ("failed", changed))
        by = "id" if self.run_id.grouping == "service" else "payer_id"
        groups = items.grouped(by).values()
        if len(groups) == 1:
            return dict.fromkeys(items, ("failed", error))
        reasons = {}
        for group in groups:
            reasons.update(self._invoice_ready(group))
        return reasons

    def _try_to_invoice(self, items):
        """Return those of the items that are invoiced now, and what was wrong."""
        services = self._get_services(items)
        run = self.run_id.with_env(services.env)
        try:
            with self.env.cr.savepoint():
                invoices = run._create_invoices(services, items.payer_id)
                billed = {
                    (line.clinic_service_id.id, line.move_id.partner_id.id)
                    for line in invoices.invoice_line_ids
                }
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Not the services' fault: all of it is done again.
            raise
        except Exception as error:
            _logger.info("Services %s were not invoiced", services.ids, exc_info=True)
            return items.browse(), str(error)
        return items.filtered(
            lambda item: (item.service_id.id, item.payer_id.id) in billed
        ), ""

    def _give_up(self, reason):
        """List all services of this chunk with what was wrong with it."""
        self._get_open_items().write({"state": "failed", "reason": reason})
        self.state = "done"

    def _give_up_for_starter(self):
        """Give up when who has started the run may not invoice any more.

        :return: whether it is so
        """
        problem = self.run_id._get_starter_problem()
        if problem:
            self._give_up(problem)
        return bool(problem)

    def _perform_job(self):
        """Invoice this chunk in a job of OCA's queue, which commits it."""
        is_open = self.state == "todo" and self.run_id.state == "running"
        if (
            is_open
            and self.try_lock_for_update()
            and not self._give_up_for_starter()
            and self._try_to_lock_services()
        ):
            self._invoice()
        # A worker of ours takes what somebody else has locked, and closes the run.
        self.run_id._get_crons()[0]._trigger()
