"""``odoo stripe_ledger``: compare Stripe's books with Odoo's from a terminal."""

import argparse
import logging
import sys
from datetime import datetime, timedelta

from odoo import SUPERUSER_ID, api
from odoo.cli.command import Command
from odoo.modules.registry import Registry
from odoo.tools import config

_logger = logging.getLogger(__name__)

AGREED, DIFFERENT, NOT_CHECKED, UNDER_WAY = 0, 1, 2, 3
# Of several providers the worst is told.
FROM_BEST_TO_WORST = (AGREED, UNDER_WAY, DIFFERENT, NOT_CHECKED)
COLUMNS = ("what", "Stripe object", "Stripe says", "Odoo says", "payment")
DAYS_COMPARED = 7


class StripeLedger(Command):
    """Compare Stripe's books of a period with Odoo's entries, and print differences."""

    name = "stripe_ledger"
    epilog = """
        Exits with 0 when both say the same, with 1 when they differ, with 2 when they
        could not be compared, with 3 when they do not differ, but something is still
        under way. Dates are in UTC; the last day is part of the period.
    """

    def run(self, args):
        options = self._parse(args)
        config.parse_config(self._get_server_options(options), setup_logging=True)
        try:
            lines, status = self._compare(options)
        except Exception:
            # Python itself would exit with 1, and that means differences.
            _logger.exception("The books could not be compared")
            sys.exit(NOT_CHECKED)
        sys.stdout.write("\n".join(lines) + "\n")
        sys.exit(status)

    def _compare(self, options):
        names = config["db_name"]
        if len(names) != 1:
            _refuse("Name one database with -d.")
        with Registry(names[0]).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            if "clinic.stripe.check" not in env:
                _refuse(f"The addon clinic_stripe_gateway is not in {names[0]}.")
            return _report(self._check(env, options))

    def _parse(self, args):
        add = self.parser.add_argument
        today = datetime.utcnow().date()  # noqa: DTZ003 - Odoo's dates have no zone.
        add("-c", "--config", help="configuration file")
        add("-d", "--database", help="the database to look at")
        add("--addons-path", help="where the addons are")
        add(
            "--from",
            dest="date_from",
            type=_to_day,
            default=today - timedelta(days=DAYS_COMPARED),
            metavar="YYYY-MM-DD",
            help="first day (a week ago)",
        )
        add(
            "--to",
            dest="date_to",
            type=_to_day,
            default=today,
            metavar="YYYY-MM-DD",
            help="last day (today)",
        )
        add("--provider", type=int, help="id of one provider (all that are enabled)")
        options = self.parser.parse_args(args)
        if options.date_from > options.date_to:
            self.parser.error("--from is after --to.")
        return options

    def _get_server_options(self, options):
        """Return what the server's own parser has to know."""
        given = {
            "-c": options.config,
            "-d": options.database,
            "--addons-path": options.addons_path,
        }
        return [word for pair in given.items() if pair[1] for word in pair]

    def _check(self, env, options):
        """Return the checks of the period; they are kept, as those of the job are."""
        model = env["clinic.stripe.check"]
        providers = model._get_providers()
        if options.provider is not None:
            providers = providers.filtered(lambda p: p.id == options.provider)
        if not providers:
            _refuse("No such Stripe provider is enabled.")
        period = {
            "date_from": _to_midnight(options.date_from),
            "date_to": _to_midnight(options.date_to + timedelta(days=1)),
        }
        checks = model.create([{"provider_id": p.id, **period} for p in providers])
        checks.action_run()
        return checks


def _refuse(reason):
    """Say why nothing can be compared, and stop."""
    sys.stderr.write(f"{reason}\n")
    sys.exit(NOT_CHECKED)


def _report(checks):
    """Return what is printed, and the status that the command exits with."""
    lines, statuses = [], [AGREED]
    for check in checks:
        statuses.append(_get_status(check))
        lines += [f"{check.display_name} ({check.provider_id.company_id.name})"]
        if check.state == "failed":
            lines += [f"  Could not be compared: {check.reason}", ""]
            continue
        lines += [
            f"  {check.charge_count} charges, {check.refund_count} refunds, "
            f"{check.dispute_count} disputes; {check.other_count} of others, "
            f"{check.under_way_count} under way",
            f"  {check.difference_count} differences",
        ]
        if check.difference_ids:
            lines += ["", *_tabulate(check.difference_ids)]
        lines.append("")
    return lines, max(statuses, key=FROM_BEST_TO_WORST.index)


def _get_status(check):
    if check.state == "failed":
        return NOT_CHECKED
    if check.difference_count:
        return DIFFERENT
    return UNDER_WAY if check.under_way_count else AGREED


def _tabulate(differences):
    labels = dict(differences._fields["kind"]._description_selection(differences.env))
    rows = [COLUMNS] + [
        (
            labels[each.kind],
            each.object_id or "-",
            _format(each.stripe_amount, each.currency_id),
            _format(each.odoo_amount, each.odoo_currency_id),
            each.payment_id.name or "-",
        )
        for each in differences
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    rows.insert(1, tuple("-" * width for width in widths))
    return ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _format(amount, currency):
    return f"{amount:.{currency.decimal_places}f} {currency.name or ''}".strip()


def _to_midnight(day):
    return datetime(day.year, day.month, day.day)


def _to_day(text):
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day only
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not YYYY-MM-DD.") from error
