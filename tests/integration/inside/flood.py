"""What Odoo makes of the messages that it had to believe."""

from collections import Counter

ROUNDS = 3
MAKE_DUE = """
UPDATE clinic_stripe_event SET next_attempt = now() AT TIME ZONE 'UTC'
 WHERE next_attempt > now() AT TIME ZONE 'UTC'
"""


def work_off(env, emulator):
    """Work on the inbox, as often as Odoo does before it waits for a day.

    :return: how many events there are in each state
    """
    env["ir.config_parameter"].set_param("clinic_stripe_gateway.api_base", emulator)
    inbox = env["clinic.stripe.event"].with_context(cron_id=False)
    for _ in range(ROUNDS):
        env.cr.execute(MAKE_DUE)
        env.invalidate_all()
        while inbox.search_count(inbox._get_waiting_domain(), limit=1):
            inbox._cron_process()
            env.invalidate_all()
    return Counter(inbox.search([]).mapped("state"))
