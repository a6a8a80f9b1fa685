"""The rooms of ``models``, in their order."""

from . import paying, portal, links, desk, deposits, autopay, plans, programs
