"""What a practice that is served to people over HTTP has to begin with."""

from kit import Practice

from odoo.fields import Command


def set_up(env, emulator, name, email, invoices=1):
    """Let clients owe some invoices, each with a link to pay it.

    :return: the ids of the first client, the provider, the card and the links, and the
        tokens of these
    """
    env.ref("base.user_admin").password = "admin"
    practice = Practice(env, emulator)
    practice.open()
    practice.use_gateway()
    # One for each: a payer starts one payment at a time.
    clients = env["res.partner"].create([{"name": name}] * invoices)
    rate = env["product.product"].create(
        {
            "name": "Consultation",
            "type": "service",
            "list_price": 120,
            "taxes_id": [Command.clear()],
            "clinic_is_rate": True,
            "clinic_is_invoiced": True,
        }
    )
    clients.clinic_is_patient = True
    services = env["clinic.service"].create(
        [{"patient_id": client.id, "rate_id": rate.id} for client in clients]
    )
    today = env.company._clinic_get_day()
    bills = [each._create_invoices(today, "service") for each in services]
    links = env["clinic.payment.link"]._create_for(bills)
    return {
        **_create_failures(env, name, email),
        "client": clients[0].id,
        "provider": practice.provider.id,
        "method": practice.method("card").id,
        "links": links.ids,
        "tokens": links.mapped("token"),
    }


def _create_failures(env, name, email):
    """Return the ids of a job that fails with a name once it is switched on, and of an
    e-mail that cannot be sent.
    """
    env["ir.mail_server"].create(
        {"name": "No such server", "smtp_host": "127.0.0.1", "smtp_port": 9}
    )
    vals = {"subject": name, "email_to": email, "body_html": name}
    job = env["ir.cron"].create(
        {
            "name": "Example job",
            "model_id": env["ir.model"]._get_id("res.partner"),
            "state": "code",
            "code": f"raise UserError({f'{name} was not there'!r})",
            "interval_type": "days",
            "active": False,
        }
    )
    return {"job": job.id, "mail": env["mail.mail"].create(vals).id}
