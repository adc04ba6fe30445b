"""Runs on disk: nothing lost, nothing twice, nothing half.

A store is a folder::

    store.json                     what it is
    runs/PART.parquet              one row a run: its key, what it was, its outcomes
    paths/SPEC/PART.parquet        indicators over time, one row a run and quarter
    inputs/PART.parquet            the parks and strategies behind the runs, by the hash of their content
    failed/PART.parquet            runs that raised, with their cause; never counted as results
    experiments/NAME.json          an experiment that was run here, with the name of the part ...
    experiments/PART.parquet       ... that says which runs belong to it
    set_aside/                     parts that could not be read

Results arrive in batches and are written as *parts*. A part is written under a temporary name, synced to disk and
renamed, so it is there whole or not at all. Its name is ``CONTENT-CHECK``: a hash of the runs in it, so that writing the same
again changes nothing, and a hash of its bytes, so that any damage shows. ``runs/PART`` is written last: indicators count
only when a part of that content is there. One process writes at a time, under a lock that the system releases when that
process dies, however it dies; reading needs no lock.
"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

STORE_FILE = "store.json"
"""Says that a folder is a store."""
FORMAT = 1
RUN_COLUMNS = ("run", "park", "strategy", "seed", "quarters", "park_hash", "strategy_hash", "model")
"""What a run was; the other columns of ``runs`` are its outcomes."""
RUN_SCHEMA = pa.schema([
    ("run", pa.string()), ("park", pa.string()), ("strategy", pa.string()), ("seed", pa.int64()),
    ("quarters", pa.int32()), ("park_hash", pa.string()), ("strategy_hash", pa.string()), ("model", pa.string()),
])  # fmt: skip
FAILED_SCHEMA = RUN_SCHEMA.append(pa.field("cause", pa.string())).append(pa.field("traceback", pa.string()))
INPUT_SCHEMA = pa.schema([("hash", pa.string()), ("kind", pa.string()), ("name", pa.string()), ("content", pa.string())])
PATH_SCHEMA = pa.schema([("run", pa.string()), ("quarter", pa.int32())])

_KINDS = ("runs", "paths", "inputs", "failed", "experiments")
LARGEST_BUFFER = 32_000_000  # bytes of results that wait in memory
LONGEST_WAIT = (5.0, 120.0)  # seconds that results wait in memory: at the start, and after hours
_SHARE_OF_TIME = 0.02  # ... and in between this share of the time that the sweep has taken


class StoreProblem(ValueError):
    """A store that cannot be used as asked. ``key`` and ``values`` name the sentence that a user is told."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key, self.values = f"error.{key}", values

    def __reduce__(self) -> tuple[Any, ...]:
        return _problem, (self.key.removeprefix("error."), self.values)

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value}" for name, value in self.values.items())
        return f"{self.key.removeprefix('error.').replace('_', ' ')}: {told}"


def _problem(key: str, values: dict[str, Any]) -> StoreProblem:
    return StoreProblem(key, **values)


class Indicators(NamedTuple):
    """Which indicators are kept over time, and every how many quarters."""

    columns: tuple[str, ...] = ()
    every: int = 1

    @property
    def name(self) -> str:
        """Name of the folder that holds them."""
        return f"{self.every}-" + hashlib.sha256(",".join(sorted(self.columns)).encode()).hexdigest()[:12]

    def covers(self, other: Indicators) -> bool:
        """Return whether what is kept here holds all that the other asks for."""
        return set(self.columns) >= set(other.columns) and other.every % self.every == 0


NOTHING_KEPT = Indicators()


class Rows(NamedTuple):
    """What a job brings: runs with their outcomes, their indicators, and the runs that raised."""

    runs: pa.Table
    paths: pa.Table | None
    failed: pa.Table
    seconds: float
    """Time that the runs took, for the size of the next job."""

    @property
    def tried(self) -> int:
        """Runs that were made, those that failed included."""
        return self.runs.num_rows + self.failed.num_rows


class Memory:
    """Runs in memory, read back like those of a :class:`Store`; for who needs them once."""

    def __init__(self) -> None:
        self._runs: list[pa.Table] = []
        self._paths: list[tuple[Indicators, pa.Table]] = []
        self._failed: list[pa.Table] = []
        self._inputs: dict[str, tuple[str, str, str]] = {}

    def known(self, indicators: Indicators = NOTHING_KEPT) -> set[str]:
        """Return the keys of the runs that are there, with these indicators."""
        keys = _keys(self._runs)
        if indicators.columns:
            keys &= _keys(table for kept, table in self._paths if kept.covers(indicators))
        return keys

    @contextmanager
    def writing(self) -> Iterator[Memory]:
        """Give the store to write to."""
        yield self

    @contextmanager
    def batches(self, indicators: Indicators) -> Iterator[Memory]:
        """Give something whose ``add(rows)`` takes results."""
        self._taking = indicators
        yield self

    def add(self, rows: Rows) -> None:
        """Take the results of a job."""
        self._runs.append(_without(rows.runs, _keys(self._runs)))
        if rows.paths is not None:
            self._paths.append((self._taking, rows.paths))
        if rows.failed.num_rows:
            self._failed.append(rows.failed)

    def put_inputs(self, inputs: Mapping[str, tuple[str, str, str]]) -> None:
        """Keep the content of parks and strategies: hash to (kind, name, JSON)."""
        self._inputs.update(inputs)

    def known_inputs(self) -> set[str]:
        """Return the hashes of the parks and strategies that are there."""
        return set(self._inputs)

    def put_design(self, name: str, content: Mapping[str, Any], runs: pd.DataFrame) -> None:
        """Do nothing: in memory there is but one experiment."""

    def runs(self, keys: Collection[str] | None = None) -> pd.DataFrame:
        """Return the runs, index ``run``, or those with these keys."""
        return _to_runs(self._runs, keys)

    def paths(self, indicators: Indicators, keys: Collection[str] | None = None) -> pd.DataFrame:
        """Return indicators over time, index (run, quarter), every so many quarters."""
        return _to_paths([table for kept, table in self._paths if kept.covers(indicators)], indicators, keys)

    def failures(self) -> pd.DataFrame:
        """Return the runs that raised and have no result, index ``run``."""
        return _to_failures(self._failed, _keys(self._runs))


class Store:
    """Runs on disk. See the head of this file.

    Parameters
    ----------
    folder
        Need not exist yet, unless it is only read.

    Attributes
    ----------
    torn
        Parts that could not be read, as paths; they count as not there.

    Raises
    ------
    StoreProblem
        If the folder holds something else, or a store of another form.
    """

    def __init__(self, folder: Path, *, must_exist: bool = False) -> None:
        self.folder = Path(folder)
        self.torn: list[Path] = []
        mark = self.folder / STORE_FILE
        if self.folder.exists() and not self.folder.is_dir():
            raise StoreProblem("not_a_folder", folder=self.folder)
        if mark.is_file():
            try:
                form = json.loads(mark.read_text(encoding="utf-8"))["format"]
            except (OSError, ValueError, KeyError, TypeError) as cause:
                raise StoreProblem("torn_result", file=mark, problem=cause) from cause
            if form != FORMAT:
                raise StoreProblem("store_format", folder=self.folder, found=form, known=FORMAT)
        elif must_exist or (self.folder.is_dir() and any(not path.name.startswith(".") for path in self.folder.iterdir())):
            # What begins with a dot may be the lock of a writer that was killed before it wrote anything.
            raise StoreProblem("no_store", folder=self.folder)

    # --- writing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[Store]:
        """Hold the store for writing: nobody else writes, leftovers are cleared, torn parts are set aside.

        Raises
        ------
        StoreProblem
            If another process is writing to it, or it cannot be written to.
        """
        from filelock import FileLock, Timeout

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=0)
            lock.acquire()
        except Timeout as cause:
            raise StoreProblem("store_busy", folder=self.folder) from cause
        except OSError as cause:
            raise StoreProblem("cannot_write", path=self.folder, problem=cause.strerror or cause) from cause
        try:
            with telling_of_a_full_disk(self.folder):
                if not (self.folder / STORE_FILE).exists():
                    _write_whole(self.folder / STORE_FILE, json.dumps({"program": "klaver", "format": FORMAT}).encode())
                self._clear()
            yield self
        finally:
            lock.release()

    def _clear(self) -> None:
        """Remove what a killed writer left, and set torn parts aside so that their runs are made again."""
        for folder in (self.folder, *(self.folder / kind for kind in _KINDS)):
            for leftover in folder.rglob(".*.tmp") if folder != self.folder else folder.glob(".*.tmp"):
                leftover.unlink(missing_ok=True)
        self.__dict__.pop("_known_hashes", None)
        self.torn.clear()  # from here on they are where they are set aside
        for path in sorted(path for kind in _KINDS for path in (self.folder / kind).rglob("*.parquet")):
            try:
                data = path.read_bytes()
            except OSError as cause:  # a share that is gone for a moment: no ground to put sound work aside
                raise StoreProblem("torn_result", file=path, problem=cause.strerror or cause) from cause
            if _check_of(data) != path.stem.rpartition("-")[2]:
                aside = self.folder / "set_aside" / path.relative_to(self.folder)
                aside.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, aside)
                self.torn.append(aside)

    @contextmanager
    def batches(self, indicators: Indicators) -> Iterator[Batches]:
        """Give something whose ``add(rows)`` takes results; what waits in memory is written at the end, come what may."""
        batches = Batches(self, indicators)
        try:
            yield batches
        finally:
            try:
                batches.flush()
            except KeyboardInterrupt:  # whoever is impatient does not want to lose what is done
                batches.flush()
                raise

    def put_inputs(self, inputs: Mapping[str, tuple[str, str, str]]) -> None:
        """Keep the content of parks and strategies: hash to (kind, name, JSON). Known ones are passed over.

        Raises
        ------
        StoreProblem
            If the disk is full.
        """
        new = [(key, *inputs[key]) for key in sorted(inputs.keys() - self.known_inputs())]
        if new:
            columns = [pa.array(column, pa.string()) for column in zip(*new, strict=True)]
            self._write_part("inputs", _name_of(row[0] for row in new), pa.table(columns, schema=INPUT_SCHEMA))
            self._known_hashes |= {row[0] for row in new}

    def known_inputs(self) -> set[str]:
        """Return the hashes of the parks and strategies that are there."""
        if not hasattr(self, "_known_hashes"):
            tables = self._tables("inputs", ["hash"])
            self._known_hashes: set[str] = {key for table in tables for key in table["hash"].to_pylist()}
        return self._known_hashes

    def put_design(self, name: str, content: Mapping[str, Any], runs: pd.DataFrame) -> None:
        """Keep an experiment: its content, and the table of the runs that belong to it.

        Parameters
        ----------
        name
            Of the experiment; takes the place of an earlier one of that name.
        content
            What JSON can hold; has no key ``part``.
        runs
            Columns ``run``, ``point``, ``park``, ``strategy``, ``seed`` and one per factor.
        """
        with telling_of_a_full_disk(self.folder):
            part = self._write_part("experiments", name, pa.Table.from_pandas(runs, preserve_index=False))
            text = json.dumps({"part": part.name, **content}, indent=1, ensure_ascii=False, allow_nan=False)
            _write_whole(part.with_name(f"{name}.json"), text.encode())
            for old in part.parent.glob(f"{glob.escape(name)}-*.parquet"):
                if old != part and _content_of(old) == name:
                    old.unlink()

    def _write_part(self, kind: str, name: str, table: pa.Table) -> Path:
        """Write a part of this content, unless it is there; return its path."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        data = memoryview(sink.getvalue())
        path = self.folder / kind / f"{name}-{_check_of(data)}.parquet"
        with telling_of_a_full_disk(self.folder):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                _write_whole(path, data)
        return path

    # --- reading -----------------------------------------------------------------------------------------------------

    def known(self, indicators: Indicators = NOTHING_KEPT) -> set[str]:
        """Return the keys of the runs that are there, with these indicators.

        Parameters
        ----------
        indicators
            What a run must have kept to count.
        """
        keys = _keys(self._tables("runs", ["run"]))
        if indicators.columns:
            keys &= _keys(self._path_tables(indicators, ["run"]))
        return keys

    def runs(self, keys: Collection[str] | None = None) -> pd.DataFrame:
        """Return the runs, index ``run``, or those with these keys.

        Returns
        -------
        DataFrame
            Columns of :data:`RUN_COLUMNS`, then a float64 column per outcome.
        """
        return _to_runs(self._tables("runs"), keys)

    def copies(self, keys: Collection[str]) -> pd.DataFrame:
        """Return every row that is stored of these runs, also where a run stands there twice; column ``run``."""
        return _chosen(self._tables("runs"), keys, RUN_SCHEMA).to_pandas()

    def paths(self, indicators: Indicators, keys: Collection[str] | None = None) -> pd.DataFrame:
        """Return indicators over time: index (run, quarter), a float32 column per indicator.

        Parameters
        ----------
        indicators
            Which, and every how many quarters.
        keys
            Of which runs; all by default.
        """
        return _to_paths(self._path_tables(indicators), indicators, keys)

    def batches_of(self, kind: str, keys: Collection[str], indicators: Indicators) -> Iterator[pa.Table]:
        """Yield ``runs`` or ``paths`` a part at a time, each run once, so that a large store need not fit in memory.

        Parameters
        ----------
        kind
            ``"runs"`` or ``"paths"``.
        keys
            Of which runs.
        indicators
            What of ``paths``.
        """
        wanted = pa.array(sorted(keys), pa.string())
        seen: set[str] = set()
        tables = self._tables("runs") if kind == "runs" else self._path_tables(indicators)
        for table in tables:
            rows = table.filter(pc.is_in(table["run"], wanted))
            rows = _without(rows, seen)
            seen.update(pc.unique(rows["run"]).to_pylist())
            if kind == "paths":
                rows = rows.select(["run", "quarter", *indicators.columns])
                rows = rows.filter(pa.array((rows["quarter"].to_numpy() + 1) % indicators.every == 0))
            if rows.num_rows:
                yield rows

    def failures(self) -> pd.DataFrame:
        """Return the runs that raised and have no result: index ``run``, with ``cause`` and ``traceback``."""
        return _to_failures(self._tables("failed"), _keys(self._tables("runs", ["run"])))

    def inputs(self, content_hash: str) -> dict[str, Any]:
        """Return the resolved park or strategy of a hash.

        Raises
        ------
        StoreProblem
            If it is not there.
        """
        for table in self._tables("inputs"):
            found = table.filter(pc.equal(table["hash"], content_hash))
            if found.num_rows:
                content: dict[str, Any] = json.loads(found["content"][0].as_py())
                return content
        raise StoreProblem("no_input", folder=self.folder, hash=content_hash)

    def experiments(self) -> list[str]:
        """Return the names of the experiments that were run here, in alphabetical order."""
        return sorted(path.stem for path in (self.folder / "experiments").glob("*.json"))

    def design(self, name: str) -> tuple[dict[str, Any], pd.DataFrame]:
        """Return the content of an experiment, and the table of its runs.

        Raises
        ------
        StoreProblem
            If there is no such experiment, or it is torn.
        """
        if name not in self.experiments():
            raise StoreProblem("no_experiment", folder=self.folder, name=name, names=", ".join(self.experiments()))
        file = self.folder / "experiments" / f"{name}.json"
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            part = file.with_name(content.pop("part"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
            raise StoreProblem("torn_result", file=file, problem=cause) from cause
        table = _read(part)
        if table is None:
            raise StoreProblem("torn_result", file=part, problem="checksum")
        return content, table.to_pandas()

    def has_part(self, kind: str, content: str) -> bool:
        """Return whether a part of this content is there."""
        return any((self.folder / kind).glob(f"{content}-*.parquet"))

    def parts(self, kind: str) -> list[Path]:
        """Return the parts of ``runs``, ``inputs`` or ``failed`` that can be read, in order of name."""
        return [path for path in sorted((self.folder / kind).glob("*.parquet")) if _read(path, []) is not None]

    def path_parts(self) -> list[Path]:
        """Return the parts of ``paths`` that count: those whose runs are there."""
        whole = {_content_of(path) for path in self.parts("runs")}
        found = sorted((self.folder / "paths").glob("*/*.parquet"))
        return [path for path in found if _content_of(path) in whole and _read(path, []) is not None]

    def size(self) -> int:
        """Return how much disk the store takes, bytes."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def _tables(self, kind: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        for path in sorted((self.folder / kind).glob("*.parquet")):
            table = _read(path, columns)
            if table is None:
                if path not in self.torn:
                    self.torn.append(path)
            else:
                yield table

    def kept(self) -> dict[str, Indicators]:
        """Return what is kept over time here: folder of ``paths`` to the indicators in it."""
        found = {}
        for folder in sorted((self.folder / "paths").glob("[0-9]*-*")):
            for path in sorted(folder.glob("*.parquet")):
                try:
                    names = pq.read_schema(path).names
                except (OSError, pa.ArrowException):
                    continue
                columns = tuple(name for name in names if name not in PATH_SCHEMA.names)
                found[folder.name] = Indicators(columns, int(folder.name.split("-")[0]))
                break
        return found

    def _path_tables(self, indicators: Indicators, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        whole = {_content_of(path) for path in (self.folder / "runs").glob("*.parquet")}
        for name, kept in self.kept().items():
            if kept.covers(indicators):
                for path in sorted((self.folder / "paths" / name).glob("*.parquet")):
                    table = _read(path, columns) if _content_of(path) in whole else None
                    if table is not None:
                        yield table


class Batches:
    """Results on their way to a store: they wait in memory for a moment, and are written as one part."""

    def __init__(self, store: Store, indicators: Indicators) -> None:
        self._store, self._indicators = store, indicators
        self._known = store.known()
        self._waiting: list[Rows] = []
        self._bytes = 0
        self._began = self._flushed = time.monotonic()

    def add(self, rows: Rows) -> None:
        """Take the results of a job; write what waits when it is much, or has waited long.

        Raises
        ------
        StoreProblem
            If the disk is full; what was written before stays.
        """
        self._waiting.append(rows)
        self._bytes += rows.runs.nbytes + (rows.paths.nbytes if rows.paths is not None else 0) + rows.failed.nbytes
        now = time.monotonic()
        shortest, longest = LONGEST_WAIT
        patience = min(max(shortest, _SHARE_OF_TIME * (now - self._began)), longest)
        if self._bytes > LARGEST_BUFFER or now - self._flushed > patience:
            self.flush()

    def flush(self) -> None:
        """Write what waits as one part: indicators first, then the runs, which make the part count."""
        waiting = self._waiting
        failed = pa.concat_tables([rows.failed for rows in waiting]) if waiting else FAILED_SCHEMA.empty_table()
        if failed.num_rows:
            self._store._write_part("failed", _name_of(failed["run"].to_pylist()), failed)
        done = [rows for rows in waiting if rows.runs.num_rows]
        if done:
            self._write(done)
        # Only now: what a Ctrl-C or a full disk interrupts waits on, and writing the same again changes nothing.
        self._waiting, self._bytes, self._flushed = [], 0, time.monotonic()

    def _write(self, done: list[Rows]) -> None:
        # In order of run, so that the same runs give the same bytes in whatever order they came.
        runs = pa.concat_tables([rows.runs for rows in done], promote_options="default").sort_by("run")
        name = _name_of([*runs["run"].to_pylist(), self._indicators.name])
        if self._indicators.columns:
            paths = pa.concat_tables([rows.paths for rows in done]).sort_by([("run", "ascending"), ("quarter", "ascending")])
            self._store._write_part(f"paths/{self._indicators.name}", name, paths)
        # A part of this name may be there and hold none of them: they were known then, from a part that is gone since.
        new = _without(runs, self._known)
        if new.num_rows or not self._store.has_part("runs", name):
            self._store._write_part("runs", name, new)
            self._known.update(new["run"].to_pylist())


# --- parts -----------------------------------------------------------------------------------------------------------


def _name_of(keys: Iterable[str]) -> str:
    """Return the name of a part: a hash of what is in it, so that writing the same again changes nothing."""
    return hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()[:20]


def _check_of(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _content_of(part: Path) -> str:
    """Return the part of a part's name that says what is in it."""
    return part.stem.rpartition("-")[0]


def _write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file under another name, sync it to disk, and rename it: there whole, or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def telling_of_a_full_disk(folder: Path) -> Iterator[None]:
    """Turn a disk that is full, or a folder that refuses, into a sentence; what was written before stays."""
    try:
        yield
    except OSError as cause:
        raise StoreProblem("store_full", folder=folder, problem=cause.strerror or cause) from cause


def _read(path: Path, columns: Sequence[str] | None = None) -> pa.Table | None:
    """Return a part; None where its bytes are not those that its name says."""
    try:
        data = path.read_bytes()
        if _check_of(data) != path.stem.rpartition("-")[2]:
            return None
        return pq.read_table(pa.BufferReader(data), columns=columns)
    except (OSError, pa.ArrowException):
        return None


def _keys(tables: Iterable[pa.Table]) -> set[str]:
    return {key for table in tables for key in pc.unique(table["run"]).to_pylist()}


def _without(runs: pa.Table, known: Collection[str]) -> pa.Table:
    """Return the runs that are not known yet."""
    if not known:
        return runs
    return runs.filter(pa.array([key not in known for key in runs["run"].to_pylist()], pa.bool_()))


def _chosen(tables: Iterable[pa.Table], keys: Collection[str] | None, empty: pa.Schema) -> pa.Table:
    """Return the rows of tables, or those with these keys, as one table."""
    wanted = None if keys is None else pa.array(sorted(keys), pa.string())
    rows = [table if wanted is None else table.filter(pc.is_in(table["run"], wanted)) for table in tables]
    rows = [table for table in rows if table.num_rows]
    return pa.concat_tables(rows, promote_options="default") if rows else empty.empty_table()


def _to_runs(tables: Iterable[pa.Table], keys: Collection[str] | None) -> pd.DataFrame:
    frame = _chosen(tables, keys, RUN_SCHEMA).to_pandas()
    return frame.drop_duplicates("run").set_index("run").sort_index()


def _to_paths(tables: Iterable[pa.Table], indicators: Indicators, keys: Collection[str] | None) -> pd.DataFrame:
    wanted = ["run", "quarter", *indicators.columns]
    frame = _chosen((table.select(wanted) for table in tables), keys, PATH_SCHEMA).to_pandas()
    frame = frame[(frame["quarter"] + 1) % indicators.every == 0]
    return frame.drop_duplicates(["run", "quarter"]).set_index(["run", "quarter"]).sort_index()


def _to_failures(tables: Iterable[pa.Table], done: set[str]) -> pd.DataFrame:
    frame = _chosen(tables, None, FAILED_SCHEMA).to_pandas()
    frame = frame[~frame["run"].isin(done)]
    return frame.drop_duplicates("run", keep="last").set_index("run").sort_index()
