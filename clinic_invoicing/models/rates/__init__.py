"""Billing rates: which products are billed, to whom, and how they are counted.

Takes nothing from other rooms. What is asked for besides is said by the rooms below:
fees in visits, deposits in deposits.
"""

from . import product_template
