from . import paying, portal, links, desk, deposits
from . import autopay, programs
