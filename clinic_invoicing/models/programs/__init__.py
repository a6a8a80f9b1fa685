"""Programs that clients register for in the portal.

Takes visits, services and paying.
"""

from . import (
    account_move,
    clinic_program,
    clinic_program_portal,
    clinic_program_places,
    clinic_program_registration,
    clinic_program_registration_cancel,
    clinic_program_registration_portal,
    res_partner,
)
