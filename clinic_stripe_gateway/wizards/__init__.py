from . import cards
from . import base_partner_merge
