"""What is in a database, in a form that can be compared: its structure and its rows."""

import contextlib

import psycopg2
from psycopg2 import sql

STRUCTURE = {
    "columns": """
        select table_name, column_name, udt_name, is_nullable, column_default
          from information_schema.columns where table_schema = 'public'""",
    "views": """
        select viewname, definition from pg_views where schemaname = 'public'""",
    "indexes": """
        select tablename, indexname, indexdef from pg_indexes
         where schemaname = 'public'""",
    "constraints": """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
          from pg_constraint where connamespace = 'public'::regnamespace""",
    "triggers": """
        select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
          from pg_trigger where not tgisinternal""",
    "functions": """
        select proname, prosrc from pg_proc
         where pronamespace = 'public'::regnamespace""",
    "sequences": """
        select sequencename from pg_sequences where schemaname = 'public'""",
}


@contextlib.contextmanager
def _reading(database):
    with contextlib.closing(psycopg2.connect(dbname=database)) as connection:
        yield connection.cursor()


def structure(database):
    """Return everything that a schema consists of, as sets by kind."""
    with _reading(database) as cursor:
        found = {}
        for kind, query in STRUCTURE.items():
            cursor.execute(query)
            found[kind] = set(cursor.fetchall())
        return found


def columns(database):
    """Return the columns of each table."""
    with _reading(database) as cursor:
        cursor.execute(
            "select table_name, array_agg(column_name::text order by column_name)"
            "  from information_schema.columns"
            "  join information_schema.tables using (table_schema, table_name)"
            " where table_schema = 'public' and table_type = 'BASE TABLE'"
            " group by table_name"
        )
        return dict(cursor.fetchall())


def rows(database, wanted):
    """Return the rows of tables as text.

    :param wanted: the columns to read, by table
    :rtype: dict[str, set[tuple]]
    """
    with _reading(database) as cursor:
        found = {}
        for table, names in wanted.items():
            fields = sql.SQL(", ").join(
                sql.SQL("{}::text").format(sql.Identifier(name)) for name in names
            )
            query = sql.SQL("select {} from {}").format(fields, sql.Identifier(table))
            cursor.execute(query)
            found[table] = set(cursor.fetchall())
        return found
