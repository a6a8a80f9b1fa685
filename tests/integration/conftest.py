import pytest


@pytest.fixture(scope="module")
def practice():
    # Not at the top: it imports Odoo, which other tests here run in other processes.
    from practices import opened_practice

    with opened_practice() as practice:
        yield practice
