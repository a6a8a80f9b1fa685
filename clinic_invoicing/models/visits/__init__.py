"""Appointments: whose they are, who was there, what they leave to be billed.

Takes services and payers.
"""

from . import (
    calendar_event,
    calendar_event_no_show,
    calendar_event_group,
    calendar_event_series,
    calendar_event_keeping,
    calendar_recurrence,
    calendar_recurrence_keeping,
    clinic_service_attendance,
    clinic_service_keeping,
    product_template,
    res_company,
)
