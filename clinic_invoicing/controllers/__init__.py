from . import paying, portal
from . import autopay, desk, desk_deposit, desk_status, links, programs
