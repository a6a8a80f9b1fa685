def migrate(cr, version):
    """Leave held money to people in practices that have worked without the setting.

    Raw SQL: the field is not there yet. Its column would be filled with the default.
    """
    cr.execute(
        "ALTER TABLE res_company ADD COLUMN IF NOT EXISTS clinic_use_held_money boolean"
    )
