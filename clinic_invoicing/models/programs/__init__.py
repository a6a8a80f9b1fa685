"""Programs: courses and groups that clients register for in the portal.

Who gets one of the places, for how long it is reserved, and what becomes of the money
when a registration is cancelled is decided here.

Takes from services what a place costs, from invoicing its invoice, from paying whether
it is being paid, and from undo how the money goes back.
"""

from . import (
    account_move,
    clinic_program,
    clinic_program_portal,
    clinic_program_registration,
    clinic_program_registration_cancellation,
    clinic_program_registration_portal,
    res_partner,
)
