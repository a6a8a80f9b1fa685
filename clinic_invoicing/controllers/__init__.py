from . import paying, portal, links
from . import autopay, desk, desk_deposit, desk_status, programs
