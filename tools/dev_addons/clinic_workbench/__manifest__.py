# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
{
    "name": "Clinic Workbench",
    "summary": "Development only: what this Odoo needs to run without internet",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Clinic Billing",
    "category": "Hidden",
    "depends": ["mail"],
    "auto_install": True,
    "assets": {
        # Some builds of Odoo lack this file, and browser tests fail on the message.
        "web.assets_backend": [
            ("remove", "mail/static/lib/selfie_segmentation/selfie_segmentation.js"),  # noqa: E501
        ],
    },
}
