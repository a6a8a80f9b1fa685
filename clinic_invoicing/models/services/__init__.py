"""Services: what was done for a patient, what it costs, what hinders its invoice.

Takes rates.
"""

from . import (
    clinic_service,
    clinic_service_approval,
    clinic_service_obstacles,
    clinic_service_pricing,
    clinic_service_quantity,
    clinic_service_worklist,
)
