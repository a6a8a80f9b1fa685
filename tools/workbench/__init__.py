"""Everything that a checkout needs to run and prove the two addons.

`cli` holds the commands. What runs before the virtual environment exists (`apt`,
`odoo_source`, `venv` and what they import) uses the standard library only.

Tests that need more than one transaction or process use these; each is a context
manager that undoes at the end what it did:

* `databases.cloned("full")`: a database of one's own
* `emulator.running_emulator()`: a Stripe emulator
* `server.running_odoo(database)`: an Odoo server, as a practice runs it
* `browser.running_browser()`: a headless Chromium, driven by Playwright

and `configuration.configure(database, base_url, emulator_url)` connects them.
"""
