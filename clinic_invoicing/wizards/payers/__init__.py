from . import (
    base_partner_merge,
    clinic_service_flip,
    clinic_service_split,
    clinic_share_move,
)
