{
    "name": "Clinic Stripe Gateway",
    "summary": "Stripe for clinic billing: private, verified, never twice",
    "version": "19.0.1.0.0",
    "category": "Accounting/Payment Providers",
    "license": "LGPL-3",
    "author": "Clinic Billing",
    "depends": ["clinic_invoicing", "payment_stripe"],
    "external_dependencies": {"python": ["stripe>=16,<17"]},
    "data": [
        "security/res_groups.xml",
        "security/ir.model.access.csv",
        "security/ir_rules.xml",
        "data/ir_cron.xml",
        "views/payment_provider_views.xml",
        "views/clinic_stripe_event_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
}
