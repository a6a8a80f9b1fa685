"""Who may write what, and what follows: derived fields, decisions, companies, dialogs.

Takes nothing from other rooms; all of them build on it.
"""

from . import (
    clinic_company_bound,
    clinic_dialog,
    clinic_dialog_effect,
    clinic_following,
    clinic_guarded,
)
