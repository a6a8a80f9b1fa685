import pytest


@pytest.fixture(scope="module")
def practice():
    # Not at the top: it imports Odoo, which other tests here run in other processes.
    from practices import opened_practice

    with opened_practice() as practice:
        yield practice


@pytest.fixture(scope="module")
def stripe_practice():
    # As above; and Odoo finds addons only after pytest has read this file.
    from stripe_practices import opened_stripe_practice

    with opened_stripe_practice() as practice:
        yield practice
