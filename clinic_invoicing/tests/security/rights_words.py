"""The words of the tables of rights: who is meant, and what is said of them."""

from typing import NamedTuple

DESK = "front_desk biller manager"
BILLERS = "biller manager"
MANAGERS = "manager"
# Who has Odoo's own right to invoice, in a clinic's group or without.
ACCOUNTING = "accountant biller manager"
ADMINISTRATORS = "administrator"


class Cell(NamedTuple):
    """Who may, and why: all others are refused."""

    roles: frozenset
    why: str


def may(roles, why):
    return Cell(frozenset(roles.split()), why)


NOBODY = may("", "It follows from facts.")


class Fields(NamedTuple):
    """What is said of the fields of a model that are ours.

    :param str derived: names that nobody writes by hand
    :param dict given: cells by names; by hand at the creation, and never after
    :param dict ordinary: cells by names
    :param dict judged: cells by names; it depends on the values, and is tried elsewhere
    """

    derived: str = ""
    given: dict = {}
    ordinary: dict = {}
    judged: dict = {}

    def cells(self):
        """Return ``{name: (cell for the creation, cell for changes)}``.

        Nothing is said there of what is judged by its value.
        """
        found = dict.fromkeys(self.derived.split(), (NOBODY, NOBODY))
        for names, cell in self.given.items():
            found.update(dict.fromkeys(names.split(), (cell, NOBODY)))
        for names, cell in self.ordinary.items():
            found.update(dict.fromkeys(names.split(), (cell, cell)))
        for names in self.judged:
            found.update(dict.fromkeys(names.split(), ()))
        return found


class Table(NamedTuple):
    """The rights of one addon: each allowed cell with the reason for it.

    :param dict models: cells by operation by model
    :param dict fields: :class:`Fields` by model
    :param dict methods: cells by public method by model
    :param dict foreign: by model and method, why people of another company may
    """

    addon: str
    models: dict
    fields: dict
    methods: dict
    foreign: dict
