import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

# Services of one transaction. A payer who has more has a chunk of their own.
SERVICES_PER_CHUNK = 400
# Cron jobs that work on runs: Odoo runs each of them on one worker at a time.
WORKERS = 4
# How long services are left alone that somebody else is invoicing.
BUSY_PATIENCE = timedelta(minutes=1)

FILL = """
    INSERT INTO clinic_billing_run_item (run_id, service_id, payer_id, state)
    SELECT %(run)s, service_id, NULLIF(payer_id, 0), 'todo'
      FROM unnest(%(services)s::int[], %(payers)s::int[]) AS pair(service_id, payer_id)
"""
# What has to stay together, a payer or a service, has the same rank, and so comes into
# the same chunk.
NUMBER = """
    SELECT id, (place - 1) / %(size)s AS number
      FROM (SELECT id, rank() OVER (ORDER BY {by}) AS place
              FROM clinic_billing_run_item
             WHERE run_id = %(run)s AND state = 'todo') placed
"""
CLAIM_CHUNK = """
    SELECT chunk.id
      FROM clinic_billing_run_chunk chunk
      JOIN clinic_billing_run run ON run.id = chunk.run_id
     WHERE chunk.state = 'todo'
       AND run.state = 'running'
       AND chunk.id <> ALL(%(busy)s)
     ORDER BY chunk.id
     LIMIT 1
       FOR UPDATE OF chunk SKIP LOCKED
"""


class ClinicBillingRun(models.Model):
    """How large runs are worked off by any number of workers."""

    _inherit = "clinic.billing.run"

    # === THE QUEUE === #

    def _fill_queue(self, services):
        """Remember who owes what of these services, and divide it into chunks.

        Raw SQL: ten thousand rows at once. sudo: only the engine writes the queue.
        """
        shares = services.sudo().share_ids._get_billable()
        pairs = dict.fromkeys(
            (share.service_id.id, share.partner_id.id) for share in shares
        )
        # They are listed with what is wrong with them.
        pairs.update(
            dict.fromkeys((service.id, 0) for service in services - shares.service_id)
        )
        service_ids, payer_ids = map(list, zip(*pairs, strict=True))
        self.env.flush_all()
        self.env.cr.execute(
            FILL, {"run": self.id, "services": service_ids, "payers": payer_ids}
        )
        self.sudo()._queue_items()

    def _queue_items(self):
        """Divide what is to be invoiced into chunks, no payer into two.

        Raw SQL: the ORM knows no window functions.
        """
        self.env.flush_all()
        values = {"run": self.id, "size": SERVICES_PER_CHUNK}
        numbered = NUMBER.format(
            by="payer_id" if self.grouping == "payer" else "service_id"
        )
        self.env.cr.execute(
            f"SELECT DISTINCT number FROM ({numbered}) numbered ORDER BY 1", values
        )
        numbers = [number for (number,) in self.env.cr.fetchall()]
        chunks = self.env["clinic.billing.run.chunk"].create(
            [{"run_id": self.id}] * len(numbers)
        )
        self.env.flush_all()
        self.env.cr.execute(
            f"""
            UPDATE clinic_billing_run_item item
               SET chunk_id = (%(chunks)s::int[])[
                       array_position(%(numbers)s::bigint[], numbered.number)]
              FROM ({numbered}) numbered
             WHERE numbered.id = item.id
            """,
            {**values, "chunks": chunks.ids, "numbers": numbers},
        )
        self.env["clinic.billing.run.item"].invalidate_model()
        self.invalidate_recordset(["item_ids", "error_ids", "progress"])
        chunks.invalidate_recordset(["item_ids"])

    def _wake_workers(self):
        """Let the workers look for open chunks as soon as this is committed."""
        if "queue.job" in self.env:
            self._delay_chunks()
        # The first worker also says when a run is over.
        for cron in self._get_crons():
            cron._trigger()

    def _delay_chunks(self):
        """Let OCA's queue take the chunks, when a practice uses it."""
        # sudo: users read the queue; only the engine works on it.
        for chunk in self.sudo().item_ids.chunk_id.filtered(
            lambda chunk: chunk.state == "todo"
        ):
            chunk.with_delay(
                description=f"{self.name}: {chunk.id}", identity_key=str(chunk)
            )._perform_job()

    @api.model
    def _get_crons(self):
        # sudo: who starts a run may not read scheduled actions.
        crons = self.env["ir.cron"].sudo()
        for number in range(1, WORKERS + 1):
            crons |= crons.env.ref(f"clinic_invoicing.ir_cron_billing_run_{number}")
        return crons

    # === A WORKER === #

    @api.model
    def _cron_work(self):
        """Invoice open chunks, one after the other, until there are none or time is up.

        Any number of workers may do so at once.
        """
        busy = []
        crons = self.env["ir.cron"]
        time_left = True
        while time_left:
            try:
                chunk = self._claim_chunk(busy)
                if not chunk:
                    break
                self._work_on(chunk, busy)
                remaining = self._count_open_chunks(busy)
                time_left = crons._commit_progress(1, remaining=remaining)
                self._finish_all()
                crons._commit_progress()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Another transaction was faster; look again.
                self.env.cr.rollback()
        self._finish_all()
        if busy:
            self._get_crons()[0]._trigger(fields.Datetime.now() + BUSY_PATIENCE)

    @api.model
    def _work_on(self, chunk, busy):
        """Invoice a chunk that is locked, unless somebody else has its services."""
        if chunk._give_up_for_starter():
            return
        if not chunk._try_to_lock_services():
            # It is not lost: a worker comes back for it.
            self.env.cr.rollback()
            busy.append(chunk.id)
            return
        try:
            with self.env.cr.savepoint():
                chunk._invoice()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            _logger.exception("Chunk %s of a billing run has failed", chunk.id)
            chunk._give_up(str(error))

    @api.model
    def _claim_chunk(self, busy):
        """Lock an open chunk of a run that is running; none when there is none.

        Raw SQL: the ORM cannot skip what is locked while it searches.
        """
        self.env.cr.execute(CLAIM_CHUNK, {"busy": busy})
        [chunk_id] = self.env.cr.fetchone() or [None]
        return self.env["clinic.billing.run.chunk"].browse(chunk_id).exists()

    @api.model
    def _count_open_chunks(self, busy):
        return self.env["clinic.billing.run.chunk"].search_count(
            [
                ("state", "=", "todo"),
                ("run_id.state", "=", "running"),
                ("id", "not in", busy),
            ]
        )

    @api.model
    def _finish_all(self):
        self.search([("state", "=", "running")])._finish()

    def _finish(self):
        """Close those of these runs of which nothing is left to be invoiced.

        It needs a transaction of its own, after the chunk's: of two workers who end at
        the same moment, the second sees that both are through.
        """
        self.env.flush_all()
        # sudo: who starts a run does not write its state, and may close it.
        runs = self.sudo()
        still_open = runs.env["clinic.billing.run.chunk"]._read_group(
            [("run_id", "in", runs.ids), ("state", "=", "todo")], ["run_id"]
        )
        over = runs.union() - runs.browse().union(*(run for (run,) in still_open))
        for run in over.try_lock_for_update(allow_referencing=True):
            run.invalidate_recordset(["error_ids"])
            run.state = "failed" if run.error_ids else "done"

    # === INVOICES === #

    def _create_invoices(self, services, payers):
        """Invoice services that are ready and locked; say so on each invoice."""
        invoices = services._create_invoices(
            self.invoice_date,
            self.grouping,
            payers=payers,
            clinic_billing_run_id=self.id,
        )
        body = self.env._(
            "Made by %(run)s, started by %(user)s.",
            run=self.name,
            user=self.started_by_id.name,
        )
        invoices._message_log_batch(bodies=dict.fromkeys(invoices.ids, body))
        self._send(invoices)
        return invoices
