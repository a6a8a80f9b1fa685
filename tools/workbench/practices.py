"""Companies that tests find in their database: to load a chart of accounts for each
class of tests takes longer than the tests.

A test that finds none makes its own, as where Odoo's own runner is used.
"""

# The most that one class asks for.
COUNT = 3
# What `ClinicInvoicingCommon` asks for by name.
PREPARE = f"""
for number in range({COUNT}):
    company = env["res.company"].create({{"name": f"Practice {{number}}"}})
    env["account.chart.template"].try_loading(
        "generic_coa", company=company, install_demo=False
    )
    env["ir.model.data"].create(
        {{
            "module": "clinic_workbench",
            "name": f"practice_{{number}}",
            "model": "res.company",
            "res_id": company.id,
        }}
    )
env.cr.commit()
"""
