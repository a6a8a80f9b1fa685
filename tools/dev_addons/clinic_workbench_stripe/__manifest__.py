# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Clinic Workbench: Stripe.js",
    "summary": "Development only: load Stripe.js from the local emulator",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Clinic Billing",
    "category": "Hidden",
    "depends": ["payment_stripe"],
    "auto_install": True,
    "data": ["views/payment_templates.xml"],
}
