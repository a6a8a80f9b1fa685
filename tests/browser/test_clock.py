"""Everything that a test uses is at one time, and the people are in one zone."""

import time
from email.utils import parsedate_to_datetime

import psycopg2

from workbench import clock

TOLERANCE_SECONDS = 60
# The zone in which the web client shows times, once it has asked who is there.
SHOWN_ZONE = "() => luxon.Settings.defaultZone.name"


def test_the_page_the_server_the_books_and_stripe_are_at_one_time(practice, person):
    front_desk = person("frontdesk")
    served = front_desk.context.request.get(f"{practice.url}/web/login")
    moments = {
        "page": front_desk.page.evaluate("Date.now() / 1000"),
        "server": parsedate_to_datetime(served.headers["date"]).timestamp(),
        "database": clock_of_postgresql(practice.database),
        "stripe": practice.stripe.clock()["now"],
    }
    now = time.time()
    late = {
        name: moment - now
        for name, moment in moments.items()
        if abs(moment - now) > TOLERANCE_SECONDS
    }
    assert not late


def test_the_calendar_is_in_the_zone_of_the_people(person):
    front_desk = person("frontdesk")
    front_desk.open("/odoo/clinic-appointments")
    today = front_desk.sees(".fc-timegrid-col.fc-day-today")
    assert today.get_attribute("data-date") == f"{front_desk.now():%Y-%m-%d}"
    assert front_desk.page.evaluate(SHOWN_ZONE) == clock.zone()


def clock_of_postgresql(database):
    connection = psycopg2.connect(dbname=database)
    cursor = connection.cursor()
    cursor.execute("select extract(epoch from clock_timestamp())::float")
    (now,) = cursor.fetchone()
    connection.close()
    return now
