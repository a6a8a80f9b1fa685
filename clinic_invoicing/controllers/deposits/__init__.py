from . import desk_deposit
