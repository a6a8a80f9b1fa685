"""Which services are meant by what a line of a remittance names."""

import time
from datetime import date, timedelta

import pytest

from clinic_invoicing.rules.named_services import NamedServices

DAY = date(2024, 3, 12)
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def services():
    found = NamedServices()
    found.add_service(1, DAY, "M-77", "Clara Client")
    found.add_service(2, DAY, "", "Otto Other")
    found.add_service(3, NEXT, "M-77", "Clara Client")
    found.add_number(1, "Inv/1")
    found.add_number(2, "INV/1")
    return found


@pytest.mark.parametrize(
    ("number", "day", "patient", "keys"),
    [
        ("inv/1 ", None, "", [1, 2]),
        ("INV/1", DAY, "client, CLARA", [1]),
        ("INV/1", NEXT, "", []),
        ("INV/2", DAY, "", []),
        ("", DAY, None, [1, 2]),
        ("", NEXT, "m-77", [3]),
        ("", None, "m-77", []),
        ("", NEXT, "Clara", [3]),
        ("", DAY, "Clara Other", []),
        ("", DAY, ",", []),
        ("", None, "", []),
    ],
)
def test_what_is_named_has_to_fit(services, number, day, patient, keys):
    assert services.find(number, day, patient) == keys


def test_thousands_of_lines_name_services_of_one_invoice():
    services = NamedServices()
    for key in range(5000):
        services.add_number(key, "INV/1")
        services.add_service(key, DAY + timedelta(days=key % 50), "", f"Pat {key}")
    started = time.process_time()
    for key in range(5000):
        day = DAY + timedelta(days=key % 50)
        assert services.find("INV/1", day, f"{key} pat") == [key]
    # Each with each takes minutes.
    assert time.process_time() - started < 10
