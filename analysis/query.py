"""SQL on a store: ``runs``, ``paths``, ``design``, ``failed`` and ``inputs`` as tables of DuckDB.

A question can read those tables and nothing else: DuckDB gets no access to files or the network, and cannot write to the
store.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from analysis.store import FAILED_SCHEMA, INPUT_SCHEMA, PATH_SCHEMA, RUN_SCHEMA, Store, StoreProblem

MOST_MEMORY = "4GB"  # of a question, so that none can bring the machine down
TABLES = ("runs", "paths", "design", "failed", "inputs")


def connect(store: Store) -> Any:
    """Return a DuckDB connection with the tables of a store.

    Parameters
    ----------
    store
        Is read, and not changed.

    Returns
    -------
    duckdb.DuckDBPyConnection
        ``runs`` has one row a run (key ``run``); ``paths`` one a run and quarter; ``design`` one a run and experiment,
        with a column per factor; ``failed`` one a run that raised; ``inputs`` one a park or strategy.
    """
    import duckdb

    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False})
    # Python's memory would otherwise be looked through for tables that a question names.
    connection.execute("SET python_enable_replacements = false")
    for name, files, empty in (
        ("runs", store.parts("runs"), RUN_SCHEMA), ("paths", store.path_parts(), PATH_SCHEMA),
        ("failed", store.parts("failed"), FAILED_SCHEMA), ("inputs", store.parts("inputs"), INPUT_SCHEMA),
    ):  # fmt: skip
        connection.register(f"_{name}", _dataset(files, empty))
    # A store that was merged from two may hold a run twice; a failure that was mended is none.
    connection.execute("CREATE VIEW runs AS SELECT DISTINCT ON (run) * FROM _runs")
    # What was kept by several experiments lies in several parts: one row a run and quarter, with all that any of them has.
    names = [name for name in connection.table("_paths").columns if name not in PATH_SCHEMA.names]
    columns = ", ".join(["run", "quarter", *(f'any_value("{name}") AS "{name}"' for name in names)])
    connection.execute(f"CREATE VIEW paths AS SELECT {columns} FROM _paths GROUP BY run, quarter")
    connection.execute("CREATE VIEW inputs AS SELECT DISTINCT ON (hash) * FROM _inputs")
    connection.execute(
        "CREATE VIEW failed AS SELECT DISTINCT ON (run) * FROM _failed WHERE run NOT IN (SELECT run FROM _runs)"
    )
    designs = []
    for name in store.experiments():
        with contextlib.suppress(StoreProblem):  # a torn one keeps nobody from the runs
            designs.append(store.design(name)[1].assign(experiment=name))
    connection.register("design", pd.concat(designs) if designs else pd.DataFrame({"run": [], "experiment": []}))
    connection.execute(f"SET memory_limit = '{MOST_MEMORY}'")
    connection.execute("SET temp_directory = ''")  # nor are files written for want of memory
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _dataset(files: list[Path], empty: pa.Schema) -> Any:
    """Return Parquet files as one table; their columns may differ."""
    if not files:
        return empty.empty_table()
    schema = pa.unify_schemas([ds.dataset(str(file), format="parquet").schema for file in files])
    return ds.dataset([str(file) for file in files], schema=schema, format="parquet")


def query(store: Store, sql: str) -> pd.DataFrame:
    """Return the answer to one question in SQL.

    Raises
    ------
    StoreProblem
        If DuckDB cannot answer it, with what it says.
    """
    import duckdb

    with connect(store) as connection:
        try:
            found = connection.execute(sql)
            if found is None:
                raise duckdb.Error("there is no question in it")
            answer: pd.DataFrame = found.df()
        except (duckdb.Error, pa.ArrowException) as cause:
            raise StoreProblem("bad_sql", problem=str(cause).strip(), tables=", ".join(TABLES)) from cause
    return answer
