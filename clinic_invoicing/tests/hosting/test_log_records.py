import inspect
import logging
import re

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from ...rules.log_lines import without_secrets

NAME = "Zebulon Quux"
SECRET = "S3cretS3cretS3cretS3cret"
ARGUMENT = re.compile(r"<(?:[^:>]*:)?(\w+)>")
IS_SECRET = re.compile(r"(^|_)(token|secret|signature|password|hash|key|pid)$")
# What is called so and opens nothing.
NO_SECRETS = {
    "img_key": "names a picture",
    "csrf_token": "is sent in forms, never in an address",
}


def fail(error):
    raise error


@tagged("post_install", "-at_install")
class TestLogRecords(TransactionCase):
    """The log says what went wrong and where, and not about whom."""

    def _log(self, write, level=logging.INFO, name="odoo.http"):
        with self.assertLogs(name, level) as logs:
            write(logging.getLogger(name))
        return "\n".join(logs.output)

    def _log_error(self, error, write, **more):
        """Return what is logged where an error is caught."""

        def catch(logger):
            try:
                fail(error)
            except Exception as caught:  # noqa: BLE001 - whatever was raised
                write(logger, caught)

        return self._log(catch, **more)

    def assertNameless(self, line):
        self.assertNotIn("Zebulon", line)
        self.assertNotIn("Quux", line)

    # === ERRORS === #

    def test_what_people_are_told_is_not_logged(self):
        for kind in (UserError, ValidationError, AccessError):
            line = self._log_error(
                kind(f"{NAME} owes 80 for Psychotherapy"),
                lambda logger, error: logger.warning(error),
            )
            self.assertNameless(line)
            self.assertIn(f"{kind.__name__} in fail (clinic_invoicing/tests/", line)

    def test_every_way_to_log_an_error_leaves_its_words_out(self):
        ways = {
            "argument": lambda logger, error: logger.error("Failed: %s", error),
            "text": lambda logger, error: logger.error("Failed: %s", str(error)),
            "in a text": lambda logger, error: logger.error(f"Failed: {error}"),  # noqa: G004
            "by name": lambda logger, error: logger.error("%(e)s", {"e": error}),
            "trace": lambda logger, _error: logger.exception("Failed"),
            "given": lambda logger, error: logger.error("Failed", exc_info=error),
            "cause": lambda logger, error: self._log_caused(logger, error),
        }
        for way, write in ways.items():
            with self.subTest(way=way):
                line = self._log_error(ValueError(f"No {NAME} here"), write)
                self.assertNameless(line)

    def _log_caused(self, logger, error):
        try:
            raise KeyError(NAME) from error
        except KeyError:
            logger.exception("Failed")

    def test_a_trace_keeps_its_frames_and_kinds(self):
        line = self._log_error(
            ValueError(NAME), lambda logger, error: self._log_caused(logger, error)
        )
        for kept in (
            "ValueError",
            "KeyError",
            "direct cause",
            "in fail",
            "raise error",
        ):
            self.assertIn(kept, line)

    def test_mistakes_of_programs_keep_their_words(self):
        line = self._log_error(
            AttributeError("'res.partner' object has no attribute 'nam'"),
            lambda logger, _error: logger.exception("Failed"),
        )
        self.assertIn("has no attribute 'nam'", line)

    def test_lines_without_an_error_stay_as_they_are(self):
        line = self._log(lambda logger: logger.info("Job %r took %.1f s", "mail", 2))
        self.assertIn("Job 'mail' took 2.0 s", line)

    def test_who_debugs_reads_everything(self):
        line = self._log_error(
            ValueError(NAME),
            lambda logger, error: logger.debug("Failed: %s", error),
            level=logging.DEBUG,
        )
        self.assertIn(NAME, line)

    def test_nothing_that_is_logged_stops_the_program(self):
        class Odd(Exception):
            def __str__(self):
                raise RuntimeError(NAME)

        line = self._log_error(Odd(), lambda logger, _error: logger.error("Failed"))
        self.assertIn("RuntimeError", line)
        self.assertNameless(line)

    # === POSTGRESQL === #

    def _log_refused(self, statement, *values):
        def refused(_logger):
            with self.assertRaises(psycopg2.Error), self.env.cr.savepoint():
                self.env.cr.execute(statement, values)

        return self._log(refused, name="odoo.sql_db")

    def test_a_refused_statement_is_logged_without_values(self):
        line = self._log_refused(
            "INSERT INTO res_country (name, code, phone_code) VALUES (%s, 'US', 7)",
            f'"{NAME}"',
        )
        self.assertNameless(line)
        self.assertIn("INSERT INTO res_country (name, code, phone_code)", line)
        self.assertIn("UniqueViolation 23505 res_country res_country_code_uniq", line)

    def test_a_value_that_postgresql_names_itself_is_not_logged(self):
        for statement in ("SELECT %s::int", "SELECT CAST(%s AS date)"):
            self.assertNameless(self._log_refused(statement, NAME))

    def test_a_refused_record_is_logged_without_its_values(self):
        def refused(_logger):
            with self.assertRaises(psycopg2.Error), self.env.cr.savepoint():
                self.env["res.partner"].create({"name": False, "email": NAME})

        line = self._log(refused, name="odoo.sql_db")
        self.assertIn("INSERT INTO", line)
        self.assertNameless(line)


@tagged("post_install", "-at_install")
class TestSecretAddresses(TransactionCase):
    """Whoever reads the log of addresses cannot open one."""

    def _find_addresses(self):
        """Return each address that has a secret in it, whoever's it is."""
        modules = self.env.registry._init_modules
        for url, endpoint in self.env["ir.http"]._generate_routing_rules(modules, {}):
            places = set(ARGUMENT.findall(url))
            for name in filter(self._is_secret, places):
                yield ARGUMENT.sub("1", re.sub(rf"<[^>]*\b{name}>", SECRET, url))
            method = inspect.unwrap(endpoint.func)
            for name in set(inspect.signature(method).parameters) - places:
                if self._is_secret(name):
                    yield f"{ARGUMENT.sub('1', url)}?a=1&{name}={SECRET}&b=2"

    def _is_secret(self, name):
        return name not in NO_SECRETS and IS_SECRET.search(name)

    def test_no_secret_of_an_address_is_logged(self):
        addresses = list(self._find_addresses())
        self.assertIn(f"/clinic/pay/{SECRET}", addresses)
        for address in addresses:
            with self.subTest(address=address):
                self.assertNotIn(SECRET, without_secrets(f"GET {address} HTTP/1.1"))
