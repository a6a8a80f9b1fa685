from . import paying, portal, links, desk, deposits, autopay
from . import programs
