"""Who pays for a service, and how much of it: shares of insurers and patients.

Takes from services what is to be shared, from rates what insurers cover, and from
settings how insurers settle and who is of age. How a share is invoiced, credited and
paid is said by the rooms below.
"""

from . import (
    account_move,
    account_move_line,
    account_payment,
    clinic_service_flip,
    clinic_service_share,
    clinic_service_share_correction,
    clinic_service_share_credit,
    clinic_service_share_move,
    clinic_service_share_rate,
    clinic_service_split,
    clinic_share_allocation,
    clinic_share_settlement,
    res_partner,
    res_partner_whose,
)
