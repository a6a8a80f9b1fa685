from . import paying
from . import (
    autopay,
    billing,
    desk,
    desk_deposit,
    desk_status,
    documents,
    links,
    programs,
)
