{
    "name": "Clinic Invoicing",
    "summary": "Billing rates, visits that become invoices, and clients who pay them",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "license": "LGPL-3",
    "author": "Clinic Billing",
    "depends": ["account_payment", "calendar"],
    "data": [
        "security/res_groups.xml",
        "security/ir.model.access.csv",
        "security/ir_rules.xml",
        "views/product_template_views.xml",
        "views/res_partner_views.xml",
        "views/clinic_service_views.xml",
        "views/clinic_billing_run_views.xml",
        "views/calendar_event_views.xml",
        "views/account_move_views.xml",
        "views/portal_templates.xml",
        # Last: the menus open the actions of the views above.
        "views/clinic_menus.xml",
    ],
    "demo": [
        "demo/res_users_demo.xml",
        "demo/res_partner_demo.xml",
        "demo/product_product_demo.xml",
        "demo/clinic_service_demo.xml",
    ],
    "assets": {
        "web.assets_backend": ["clinic_invoicing/static/src/backend/**/*"],
        "web.assets_frontend": ["clinic_invoicing/static/src/portal/**/*"],
    },
    "application": True,
}
