from . import paying, portal, links, desk
from . import autopay, desk_deposit, programs
