from . import paying, portal, links, desk, deposits, autopay, programs
