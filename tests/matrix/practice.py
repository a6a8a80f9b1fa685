"""A practice with people, a Stripe provider, and invoices enough for every cell."""

PRICE = 120
DEPOSIT = 50
# Of an invoice in two parts: the hundredths, and after how many days they are due.
PARTS = ((30, 0), (70, 60))
MANAGER, CLIENT, ADMIN = "manager", "client", "admin"

# Run in `odoo shell`, once; each server gets a copy of the database.
SCRIPT = """
from odoo.fields import Command

company = env.company
if not company.chart_template:
    env["account.chart.template"].try_loading(
        "generic_coa", company=company, install_demo=False
    )
users = env["res.users"].with_context(no_reset_password=True)
manager = users.create({{
    "name": "Manager", "login": "manager", "password": "manager",
    "email": "manager@practice.example",
    "group_ids": [Command.set(env.ref("clinic_invoicing.group_manager").ids)],
}})
client = users.create({{
    "name": "Client", "login": "client", "password": "client",
    "email": "client@payers.example",
    "group_ids": [Command.set(env.ref("base.group_portal").ids)],
}}).partner_id
client.clinic_is_patient = True
env.ref("base.user_admin").password = "admin"

parameters = env["ir.config_parameter"]
for name, value in {parameters!r}.items():
    parameters.set_param(name, value)

provider = env["payment.provider"].search([("code", "=", "stripe")], limit=1)
provider.write({{
    "state": "test", "is_published": True,
    "stripe_publishable_key": "pk_test_emulator_default",
    "stripe_secret_key": "sk_test_emulator_default",
    "stripe_webhook_secret": "whsec_set_when_the_server_starts",
}})

# Methods that cannot be captured by hand would not let authorisations be tested.
env["payment.method"].search([("code", "!=", "card")]).active = False

branch = env["res.company"].create({{"name": "Branch", "parent_id": company.id}})
manager.company_ids = [Command.link(branch.id)]
(company | branch).clinic_autopay = True
term = env["account.payment.term"].create({{
    "name": "In two parts",
    "line_ids": [
        Command.create({{"value": "percent", "value_amount": each, "nb_days": days}})
        for each, days in {parts!r}
    ],
}})

rate = env["product.product"].create({{
    "name": "Consultation", "type": "service", "list_price": {price},
    "taxes_id": [Command.clear()], "clinic_is_rate": True, "clinic_is_invoiced": True,
    "clinic_deposit": {deposit},
}})
vals = {{"patient_id": client.id, "rate_id": rate.id}}
services = env["clinic.service"].create([vals] * {count})
run = env["clinic.billing.run"].create(
    {{"service_ids": [Command.set(services.ids)], "grouping": "service"}}
)
for name, record in {{
    "main": company, "branch": branch, "term": term, "rate": rate,
}}.items():
    env["ir.model.data"].create({{
        "module": "matrix", "name": name, "model": record._name, "res_id": record.id,
    }})
run.action_start()
# So many are left to scheduled actions, which do not run here.
run._cron_work()
assert len(run.invoice_ids) == {count}, run.error_ids.mapped("reason")
env.cr.commit()
"""


def script(invoices, **parameters):
    """Return the script that sets up a practice with so many open invoices."""
    return SCRIPT.format(
        count=invoices,
        price=PRICE,
        deposit=DEPOSIT,
        parts=PARTS,
        parameters=parameters,
    )
