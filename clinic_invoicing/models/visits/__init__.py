"""Appointments: whose they are, who was there, what they leave to be billed.

Takes services, which follow their visit; from rates and the practice the fees for
visits that do not take place; from settings the practice's day. A visit may be invoiced
at once, by the rooms below.
"""

from . import (
    calendar_event,
    calendar_event_billed,
    calendar_event_no_show,
    calendar_event_rights,
    calendar_event_series,
    calendar_recurrence,
    clinic_service,
    clinic_service_fee,
    clinic_service_share,
    product_template,
    res_company,
)
