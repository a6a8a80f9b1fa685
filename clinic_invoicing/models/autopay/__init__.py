"""Autopay: agreements to charge a card for each invoice.

Takes charges.
"""

from . import clinic_autopay, clinic_autopay_job, res_company, res_users
