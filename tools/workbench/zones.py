"""The demo's practice in another zone than UTC, in which its data are written.

What stands at ten o'clock stands at ten o'clock there, and today is today there.
"""

# Not OdooBot, the first user: jobs go by UTC wherever the practice is.
MOVE_PEOPLE = """
update res_partner set tz = %(zone)s
 where id in (select partner_id from res_users where id > 1)
    or id in (select partner_id from res_company);
"""

MOVE_VISITS = """
-- Days by which today there is ahead of today in UTC.
create function pg_temp.ahead() returns integer as $$
    select (now() at time zone %(zone)s)::date - (now() at time zone 'UTC')::date
$$ language sql;

create function pg_temp.there(shown timestamp) returns timestamp as $$
    select (shown + pg_temp.ahead() * interval '1 day')
           at time zone %(zone)s at time zone 'UTC'
$$ language sql;

update calendar_event
   set start = pg_temp.there(start), stop = pg_temp.there(stop)
 where not allday;

update clinic_service set date = date + pg_temp.ahead();

update clinic_program
   set date_begin = pg_temp.there(date_begin), date_end = pg_temp.there(date_end),
       registration_until = pg_temp.there(registration_until);
"""
