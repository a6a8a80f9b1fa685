"""Which services are meant by the number, the day and the patient that a line names.

Insurers write names and numbers in capitals, and leave out what they do not know. What
is named has to fit; what is not named fits all.
"""

from collections import defaultdict


class NamedServices:
    """Services by what insurers name of them; made once for all lines of a remittance.

    Thousands of lines are looked for among thousands of services: a line looks at those
    of its number, its day and its patient alone.
    """

    def __init__(self):
        self._by_number = defaultdict(set)
        self._by_day = defaultdict(set)
        self._by_member = defaultdict(set)
        self._by_word = defaultdict(set)

    def add_number(self, key, number):
        """Say that a service is on the invoice of this number."""
        self._by_number[tidy(number)].add(key)

    def add_service(self, key, day, member_number, name):
        """Say when a service was, and for whom."""
        self._by_day[day].add(key)
        if member_number:
            self._by_member[tidy(member_number)].add(key)
        for word in _get_words(name):
            self._by_word[word].add(key)

    def find(self, number, day, patient):
        """Return the keys of the services that fit what is named, sorted.

        A patient alone names nothing.

        :param str patient: words of the name in any order, or the member number
        """
        fitting = []
        if tidy(number):
            fitting.append(self._by_number[tidy(number)])
        if day:
            fitting.append(self._by_day[day])
        if fitting and tidy(patient):
            fitting.append(self._find_patients(patient))
        return sorted(_intersect(fitting))

    def _find_patients(self, patient):
        by_name = _intersect([self._by_word[word] for word in _get_words(patient)])
        return by_name | self._by_member[tidy(patient)]


def tidy(text):
    """Return a text as it is compared.

    >>> tidy(" inv/2024 1 ")
    'INV/2024 1'
    """
    return " ".join((text or "").upper().split())


def _intersect(sets):
    """Return what is in all of these, nothing for none; the smallest one leads."""
    return set.intersection(*sorted(sets, key=len)) if sets else set()


def _get_words(name):
    return set(tidy(name).replace(",", " ").split())
