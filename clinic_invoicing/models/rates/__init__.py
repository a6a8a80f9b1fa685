"""Billing rates: which products are billed, and how.

Takes nothing from other rooms.
"""

from . import product_template
