"""One set of servers: PostgreSQL, the emulator, and Odoo with real worker processes."""

import concurrent.futures
import contextlib
import time

import psutil
import stripe
from practice import ADMIN, CLIENT, MANAGER
from sessions import Browser, Person

from stripe_emulator.control import Control
from workbench.configuration import WEBHOOK_PATH
from workbench.emulator import SECRET_KEY, running_emulator
from workbench.private_postgres import private_postgres
from workbench.processes import free_port
from workbench.server import running_odoo

# One for a request that a fault holds, one for the person who clicks again, one for
# what Stripe tells meanwhile.
WORKERS = 3
# The clock of a payer's patience: after a failure Stripe repeats a message so often.
REPEAT_AFTER_SECONDS = [0.2, 0.3, 0.5, 1, 1, 1, 1, 1]
# Tables of which a commit or a write can be disturbed.
MONEY_TABLES = (
    "payment_transaction",
    "account_payment",
    "account_move",
    "clinic_stripe_dispute",
)
GATE = 4242
# What runs by itself, without the daily jobs that only look and tell.
JOBS = """
select d.name, d.res_id from ir_model_data d join ir_cron c on c.id = d.res_id
 where d.model = 'ir.cron' and (d.module = 'clinic_stripe_gateway'
    or d.name in ('cron_post_process_payment_tx', 'ir_cron_scheduled_charges'))
   and c.interval_type in ('minutes', 'hours') order by d.res_id
"""
# Attempts that failed are repeated after minutes or hours, and people start no more
# than a few payments in a minute.
TIME_PASSES = (
    "update payment_transaction set create_date = create_date - interval '1 minute'"
    " where create_date > now() at time zone 'utc' - interval '1 minute'",
    "update clinic_stripe_event set next_attempt = now() at time zone 'utc'"
    " where next_attempt > now() at time zone 'utc'",
    "update payment_transaction set clinic_stripe_ask_at = now() at time zone 'utc'"
    " where clinic_stripe_ask_at > now() at time zone 'utc'",
)
DISTURBANCES = """
create sequence matrix_collisions minvalue 0 start 0;
select setval('matrix_collisions', 0);
create function matrix_collide() returns trigger language plpgsql as $$
declare left_over bigint;
begin
    select last_value into left_over from matrix_collisions;
    if left_over > 0 then
        perform setval('matrix_collisions', left_over - 1);
        raise exception 'could not serialize access' using errcode = '40001';
    end if;
    return null;
end $$;
create function matrix_wait() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared({gate});
    return null;
end $$;
"""
DISTURB = """
create trigger matrix_collide after insert or update on {table}
    for each statement execute function matrix_collide();
create constraint trigger matrix_wait after insert or update on {table}
    deferrable initially deferred for each row execute function matrix_wait();
"""


class Stage:
    """The servers of a number of cells, which are played one after the other."""

    def __init__(self, postgres, database, emulator_url, odoo, endpoint):
        self.postgres = postgres
        self.database = database
        self.odoo = odoo
        self.stripe = Control(emulator_url)
        self.browser = Browser(emulator_url)
        self.pool = concurrent.futures.ThreadPoolExecutor(8)
        self.people = {
            login: Person(odoo.url, login).log_in(database)
            for login in (MANAGER, CLIENT, ADMIN)
        }
        self.invoices = self.column(
            "select id from account_move where move_type = 'out_invoice' order by id"
        )
        self.provider, self.method = self.rows(
            "select p.id, m.id from payment_provider p, payment_method m"
            " where p.code = 'stripe' and p.state = 'test' and m.code = 'card'"
        )[0]
        self.endpoint = endpoint
        self.jobs = dict(self.rows(JOBS))
        self.saved_card = None

    # === WHAT IS SO === #

    def rows(self, query, *params):
        """Return what is committed."""
        return rows(self.postgres, self.database, query, *params)

    def column(self, query, *params):
        return [row[0] for row in self.rows(query, *params)]

    def value(self, query, *params):
        return self.rows(query, *params)[0][0]

    def find(self, name, module="matrix"):
        """Return the record that has this name in the practice's set-up."""
        return self.value(
            "select res_id from ir_model_data where module = %s and name = %s",
            module,
            name,
        )

    # === WHAT ODOO DOES BY ITSELF === #

    def let_time_pass(self):
        """Make everything due that is tried again later, and the last minute old."""
        for statement in TIME_PASSES:
            self.rows(statement)

    def run_jobs(self, names=None):
        """Run the practice's scheduled jobs, or the named ones."""
        for name, job_id in self.jobs.items():
            if names is None or name in names:
                self.people[ADMIN].call("ir.cron", "method_direct_trigger", [job_id])

    # === WHAT IS DISTURBED === #

    def kill_worker_in_transaction(self):
        """Kill the worker that waits for Stripe, as the kernel does."""
        found = self.rows(
            "select pid, client_port from pg_stat_activity"
            " where datname = %s and state = 'idle in transaction'"
            " order by xact_start",
            self.database,
        )
        if not found:
            raise AssertionError("no worker is in a transaction")
        self._kill(*found[0])

    def _kill(self, backend, port):
        """Kill the worker behind a backend; nothing of it is committed afterwards."""
        for worker in psutil.Process(self.odoo.process.pid).children():
            if port in {each.laddr.port for each in worker.net_connections("tcp4")}:
                worker.kill()
                self.rows("select pg_terminate_backend(%s)", backend)
                return
        raise AssertionError("no worker has that connection")

    def arm_collision(self):
        """Let the next write of money fail as if another transaction was faster."""
        self.rows("select setval('matrix_collisions', 1)")

    def has_collided(self):
        return not self.value("select last_value from matrix_collisions")

    def disarm_collision(self):
        self.rows("select setval('matrix_collisions', 0)")

    def move_endpoint(self, url):
        """Let Stripe send its messages to another address."""
        client = stripe.StripeClient(
            SECRET_KEY, base_addresses={"api": self.stripe.base_url}
        )
        client.v1.webhook_endpoints.update(self.endpoint, {"url": url})

    @contextlib.contextmanager
    def closed_gate(self):
        """Let nothing that writes money commit; yields how to kill who tries."""
        with contextlib.closing(self.postgres.connect(self.database)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute("select pg_advisory_lock(%s)", [GATE])
            yield self._kill_at_gate
            cursor.execute("select pg_advisory_unlock(%s)", [GATE])

    def _kill_at_gate(self, until):
        """Kill who is about to commit; return whether anybody was, before `until`."""
        while not until.done():
            found = self.rows(
                "select a.pid, a.client_port from pg_locks l"
                " join pg_stat_activity a on a.pid = l.pid"
                " where l.locktype = 'advisory' and not l.granted and l.objid = %s",
                GATE,
            )
            if found:
                self._kill(*found[0])
                return True
            time.sleep(0.02)
        return False


def rows(postgres, database, query, *params):
    with contextlib.closing(postgres.connect(database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query, params or None)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def running_stage(database, dump):
    """Serve a copy of the practice as long as the block lasts; yields a `Stage`."""
    with (
        private_postgres() as postgres,
        running_emulator() as emulator,
    ):
        postgres.receive(database, dump)
        port = free_port()
        endpoint = _connect(postgres, database, f"http://127.0.0.1:{port}", emulator)
        with running_odoo(
            database,
            port,
            workers=WORKERS,
            environment=postgres.environment,
            # The harness says when jobs run.
            max_cron_threads=0,
            limit_time_real=3600,
            limit_time_cpu=3600,
        ) as odoo:
            stage = Stage(postgres, database, emulator.url, odoo, endpoint)
            stage.stripe.delivery_settings(backoff=REPEAT_AFTER_SECONDS)
            yield stage


def _connect(postgres, database, base_url, emulator):
    """Tell the copy where it and Stripe are; return its endpoint's id."""
    control = Control(emulator.url)
    endpoint = control.add_endpoint(base_url + WEBHOOK_PATH)
    for name, value in {
        "web.base.url": base_url,
        "web.base.url.freeze": "True",
        "clinic_stripe_gateway.api_base": emulator.url,
    }.items():
        query = "delete from ir_config_parameter where key = %s;"
        query += "insert into ir_config_parameter (key, value) values (%s, %s)"
        rows(postgres, database, query, name, name, value)
    rows(
        postgres,
        database,
        "update payment_provider set stripe_webhook_secret = %s where code = 'stripe'",
        endpoint["secret"],
    )
    rows(postgres, database, DISTURBANCES.format(gate=GATE))
    for table in MONEY_TABLES:
        if rows(postgres, database, "select to_regclass(%s)", table)[0][0]:
            rows(postgres, database, DISTURB.format(table=table))
    return endpoint["id"]
