"""Who pays for a service, and how much of it: shares of insurers and patients.

Takes services; the practice's settings.
"""

from . import (
    account_move,
    clinic_service_flip,
    clinic_service_share,
    clinic_service_share_credit,
    clinic_service_share_move,
    clinic_service_share_settling,
    clinic_service_split,
    clinic_share_settlement,
    res_partner,
    res_partner_merging,
)
