"""Bundles of scripts and styles, generated once and carried to the next template.

Generating them takes longer than installing both addons. A bundle's address contains a
hash of what it is made of, so one that no longer fits is never served: carrying it over
is safe.
"""

import io
import os
import shutil
from pathlib import Path

from psycopg2 import sql

GENERATE = """
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
"""
IS_BUNDLE = "url like '/web/assets/%'"


def carry_over(old, new, old_files: Path, new_files: Path) -> None:
    """Copy the generated bundles from one database to another.

    :param old: cursor on the database that has them
    :param new: cursor on the database that lacks them
    :param old_files: the file store of the first
    :param new_files: the file store of the second
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, _common_columns(old, new)))
    rows = io.BytesIO()
    select = sql.SQL("select {} from ir_attachment where " + IS_BUNDLE).format(columns)
    old.copy_expert(sql.SQL("copy ({}) to stdout").format(select), rows)
    rows.seek(0)
    new.execute("create temp table carried (like ir_attachment)")
    new.execute("alter table carried alter id drop not null")
    new.copy_expert(sql.SQL("copy carried ({}) from stdin").format(columns), rows)
    new.execute(
        "delete from carried using ir_attachment known where known.url = carried.url"
    )
    insert = "insert into ir_attachment ({0}) select {0} from carried"
    new.execute(sql.SQL(insert).format(columns))
    new.execute(
        "select distinct store_fname from carried where store_fname is not null"
    )
    for (name,) in new.fetchall():
        link_or_copy(old_files / name, new_files / name)


def _common_columns(old, new) -> list[str]:
    query = """
        select column_name from information_schema.columns
         where table_name = 'ir_attachment' and column_name != 'id'
    """
    found = []
    for cursor in (old, new):
        cursor.execute(query)
        found.append({row[0] for row in cursor.fetchall()})
    return sorted(found[0] & found[1])


def link_or_copy(source, target) -> None:
    """Share a file between file stores: Odoo adds and removes them, it changes none."""
    os.makedirs(os.path.dirname(target), exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        shutil.copy2(source, target)
