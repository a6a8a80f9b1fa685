"""What unbilled services say today stays, wherever the facts say otherwise."""

from odoo import SUPERUSER_ID, api
from odoo.tools import split_every

BATCH = 1000


def migrate(cr, version):
    """Take what differs for decided by hand; fill what is empty; called by Odoo.

    Nobody knows which of it was decided, and which is only out of date. So no amount
    changes, and what does not differ follows from now on.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    unbilled = env["clinic.service"]._get_unbilled([])
    for services in split_every(BATCH, unbilled.ids, unbilled.browse):
        env.add_to_compute(services._fields["rate_price"], services)
        for records in (services, services.share_ids):
            records._clinic_note_decisions(records._clinic_get_following())
        env.flush_all()
        env.invalidate_all()
