"""Companies and people that tests find in their database: to load a chart of accounts
and to make users for each class of tests takes longer than the tests.

A test that finds none makes its own, as where Odoo's own runner is used.
"""

# The most that one class asks for.
COUNT = 3
# What `ClinicInvoicingCommon` asks for by name.
PREPARE = f"""
from odoo.tests import new_test_user
from odoo.addons.clinic_invoicing.tests.common import PEOPLE, ZONE

def keep(record, name):
    env["ir.model.data"].create(
        {{
            "module": "clinic_workbench",
            "name": name,
            "model": record._name,
            "res_id": record.id,
        }}
    )
    return record

for number in range({COUNT}):
    company = env["res.company"].create({{"name": f"Practice {{number}}"}})
    env["account.chart.template"].try_loading(
        "generic_coa", company=company, install_demo=False
    )
    keep(company, f"practice_{{number}}")
first = env.ref("clinic_workbench.practice_0")
for login, person in PEOPLE.items():
    values = {{"login": login, "company_id": first.id, "tz": ZONE, **person}}
    keep(new_test_user(env, **values), login)
env.cr.commit()
"""
