from . import payers, visits, paying, undo, statements, links, plans
