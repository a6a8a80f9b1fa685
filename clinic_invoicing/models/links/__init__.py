"""Payment links, and the requests to pay that carry them.

Takes paying.
"""

from . import account_move, clinic_payment_link
