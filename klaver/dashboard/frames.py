"""What a park looked like quarter by quarter: what a map and a list of opportunities need, and no more.

A :class:`Recorder` looks at a world between two quarters and never changes it; :class:`Frames` is what it kept. Frame 0 is
the start, frame ``q`` the park after ``q`` quarters. What has rows that come and go (companies, opportunities ...) is kept
as a :class:`Strip`, packed two years at a time, so that a run of a large park takes well under a megabyte; the ground, of
which little ever changes, as the first state and the cells that changed.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sim import records
from sim.rules.roles import list_work

# Quarters fit two bytes (NEVER is -10,000); rows of tables take four.
PARCEL = np.dtype([
    ("row", "i4"), ("area", "f4"), ("floor", "f4"), ("quality", "f4"), ("fit", "f2"), ("energy", "f2"),
    ("soil", "f4"),          # euros to clean
    ("occupant", "i4"), ("owner", "i4"), ("offered", "?"), ("wish_to_sell", "?"), ("vacant_since", "i2"),
    ("building_until", "i2"), ("reserved", "i4"), ("opportunity", "i4"), ("segment", "i2"),
    ("renewed", "?"),        # built, enlarged or renovated since the start of the run
])  # fmt: skip
COMPANY = np.dtype([
    ("row", "i4"), ("sector", "i1"), ("state", "i1"), ("parcel", "i4"), ("tenant", "?"), ("jobs", "f4"), ("trust", "f2"),
    ("uncertainty", "f2"), ("site_quality", "f2"), ("satisfaction", "f2"),
    ("readiness", "f2", (5,)),  # in the order of records.READINESS
    ("plan", "i1"), ("plan_target", "i4"), ("plan_since", "i2"),
    ("known", "?"),          # the municipality knows its plan; of a prospect, that it is looking
    ("opportunity", "i4"), ("project", "i4"), ("arrived", "i2"),
    ("floor_needed", "f4"),  # m2 of floor it needs now
    ("wants_land", "f4"),    # m2 of land it looks for beside what it has, or to settle on; 0 where it says no area
    ("wants_floor", "f4"),   # m2 of floor it looks for
])  # fmt: skip
OPPORTUNITY = np.dtype([
    ("row", "i4"), ("kind", "i1"), ("stage", "i1"), ("since", "i2"), ("stage_since", "i2"), ("rounds", "i2"),
    ("no_gos", "i2"), ("demand", "i4"), ("parcel", "i4"), ("second", "i4"), ("segment", "i2"), ("theme", "i1"),
    ("task", "i1"), ("task_until", "i2"), ("stalled", "i2"), ("approval_until", "i2"), ("previous", "i4"),
    ("reason", "i2"), ("solution", "i1"), ("land", "f4"), ("new_floor", "f4"), ("works", "f4"), ("surplus", "f4"),
    ("gap", "f4"), ("ask", "f4"), ("grant", "f4"), ("province", "f4"), ("loan", "f4"), ("guarantee", "f4"),
    ("value_seen", "f4"), ("appraised", "?"), ("dropped", "?"), ("grant_paid", "?"), ("road_cells", "i2"),
])  # fmt: skip
SEAT = np.dtype([
    ("opportunity", "i4"), ("seat", "i1"), ("party", "i4"), ("role", "i1"), ("outlay", "f4"), ("payment", "f4"),
    ("utility", "f4"), ("belief", "f4"),
    ("needed", "f4"),        # belief at which it would commit itself, 0-1; NaN where it gains nothing
    ("known", "?"), ("stance", "?"), ("committed", "?"),
])  # fmt: skip
PROJECT = np.dtype([("row", "i4"), ("company", "i4"), ("parcel", "i4"), ("plan", "i1"), ("task", "i1"), ("stalled", "i2")])
SEGMENT = np.dtype([("row", "i4"), ("quality", "f4"), ("works_until", "i2"), ("measure", "i4")])
JOB = np.dtype([
    ("role", "i1"), ("action", "i1"), ("target", "i4"),
    ("kind", "i1"),          # 0 company, 1 opportunity, 2 project, 3 segment, 4 the park
    ("hours", "f4"),
])  # fmt: skip
CELL = np.dtype([("kind", "i1"), ("built", "?"), ("parcel", "i4"), ("segment", "i2")])

STRIPS = {"parcels": PARCEL, "companies": COMPANY, "opportunities": OPPORTUNITY, "seats": SEAT, "projects": PROJECT,
          "segments": SEGMENT, "jobs": JOB}  # fmt: skip
_BLOCK = 8  # frames packed together
_RENEWING = tuple(records.EVENT[name] for name in ("renovated", "expanded", "delivered"))


class Strip:
    """Record arrays of one type, one a frame, kept small.

    Parameters
    ----------
    dtype
        Of the records.
    parts
        The rows of each frame.
    """

    def __init__(self, dtype: np.dtype[Any], parts: Sequence[np.ndarray]) -> None:
        self.dtype = dtype
        self._starts = np.cumsum([0, *map(len, parts)]).astype(np.int32)
        self._packed = [_pack(np.concatenate(parts[k : k + _BLOCK])) for k in range(0, len(parts), _BLOCK)]
        self._open: tuple[int, Any] = (-1, None)

    def at(self, frame: int) -> Any:
        """Return the rows of one frame, as a record array that is not to be changed."""
        block, first = frame // _BLOCK, self._starts[frame - frame % _BLOCK]
        kept, rows = self._open  # read once: another thread may open another block meanwhile
        if kept != block:
            last = self._starts[min((block + 1) * _BLOCK, len(self._starts) - 1)]
            rows = _unpack(self._packed[block], self.dtype, int(last - first))
            self._open = (block, rows)
        return rows[self._starts[frame] - first : self._starts[frame + 1] - first]

    @property
    def nbytes(self) -> int:
        """Bytes that are kept."""
        return sum(map(len, self._packed))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is unpacked."""
        return {**self.__dict__, "_open": (-1, None)}


def _pack(rows: np.ndarray) -> bytes:
    # Field by field: what changes slowly over the frames of a block then repeats itself.
    return zlib.compress(b"".join(np.ascontiguousarray(rows[name]).tobytes() for name in rows.dtype.names or ()), 1)


def _unpack(packed: bytes, dtype: np.dtype[Any], count: int) -> Any:
    raw, place, rows = zlib.decompress(packed), 0, np.empty(count, dtype)
    for name in dtype.names or ():
        size = dtype[name].itemsize * count
        kind = dtype[name].base
        rows[name] = np.frombuffer(raw[place : place + size], kind).reshape(count, *dtype[name].shape)
        place += size
    return rows.view(np.recarray)


class Ground(NamedTuple):
    """The cells at one quarter.

    Attributes
    ----------
    state
        Number of this state of the ground: two quarters with the same number have the same cells.
    cells : CELL, (rows * columns,)
        Row by row from the north.
    """

    state: int
    cells: Any


class Frame(NamedTuple):
    """The park at one quarter: record arrays of the types above, only what is there then.

    ``jobs`` is what the four roles are asked to do in the quarter that comes, in the order in which they serve it; empty
    where no municipality acts.
    """

    quarter: int
    ground: Ground
    parcels: Any
    companies: Any
    opportunities: Any
    seats: Any
    projects: Any
    segments: Any
    jobs: Any


@dataclass(frozen=True)
class Frames:
    """A run as it was looked at, frame by frame.

    Attributes
    ----------
    rows, columns, cell_m
        Of the lattice; side of a cell in metres.
    exits : int, (exits,)
        Cells where the park meets the road outside.
    strips
        Name (``STRIPS``) to its :class:`Strip`.
    first : CELL, (cells,)
        The ground at the start.
    changes : int32 (changes,), CELL (changes,)
        Cells that changed, and what they became.
    change_starts : int32, (states + 1,)
        Where the changes of each state of the ground begin; state 0 has none.
    state_of : int32, (frames,)
        State of the ground per frame.
    indicators : float64, (quarters, N_INDICATORS)
        ``sim.outcomes.INDICATORS`` at the end of each quarter.
    mixes : float32, (frames, 4, 4)
        Share of each role (columns) per process step (rows), as it stood.
    kept
        What was worked out from these and is at hand for a next time; not sent to another process.
    """

    rows: int
    columns: int
    cell_m: float
    exits: np.ndarray
    strips: dict[str, Strip]
    first: Any
    changes: tuple[np.ndarray, Any]
    change_starts: np.ndarray
    state_of: np.ndarray
    indicators: np.ndarray
    mixes: np.ndarray
    kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def quarters(self) -> int:
        """The last frame: quarters passed."""
        return len(self.state_of) - 1

    def at(self, quarter: int) -> Frame:
        """Return the park after so many quarters; the nearest there is beyond the ends."""
        quarter = min(max(int(quarter), 0), self.quarters)
        state = int(self.state_of[quarter])
        key = ("ground", state)
        if key not in self.kept:
            cells = self.first.copy()
            end = self.change_starts[state + 1]
            places, became = self.changes
            # A cell that changed twice gets its last state: assignment goes from first to last.
            for place, new in zip(places[:end].tolist(), became[:end], strict=True):
                cells[place] = new
            self.kept[key] = cells
        return Frame(quarter, Ground(state, self.kept[key]), **{name: self.strips[name].at(quarter) for name in STRIPS})

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be worked out again."""
        return {**self.__dict__, "kept": {}}


class Recorder:
    """Looks at a world after every quarter; :meth:`frames` returns what was seen.

    Parameters
    ----------
    world
        At the start; it is looked at once, as frame 0.
    """

    def __init__(self, world: Any) -> None:
        self._parts: dict[str, list[np.ndarray]] = {name: [] for name in STRIPS}
        self._places: list[np.ndarray] = []
        self._became: list[np.ndarray] = []
        self._state_of: list[int] = []
        self._mixes: list[np.ndarray] = []
        self._renewed: set[int] = set()
        self._events = int(world.counts[0].events)
        self._first = self._last = _cells(world)
        self._world = world
        self.look(world)

    def look(self, world: Any) -> None:
        """Keep how the park stands now; call it once after every quarter."""
        self._world = world
        self._note_renewal(world)
        cells = _cells(world)
        changed = np.flatnonzero(cells != self._last)
        if changed.size:
            self._places.append(changed.astype(np.int32))
            self._became.append(cells[changed])
            self._last = cells
        self._state_of.append(len(self._places))
        self._mixes.append(np.array(world.team[0].mix, np.float32))
        counts, quarter = world.counts[0], int(world.clock[0].quarter)
        keep = self._parts
        keep["parcels"].append(self._parcels(world))
        keep["companies"].append(_companies(world))
        live = _live(world)
        keep["opportunities"].append(_opportunities(world, live))
        keep["seats"].append(_seats(world, live))
        projects = world.projects[: counts.projects]
        going = np.flatnonzero(projects["task"] != records.NO_TASK)
        keep["projects"].append(_take(projects, PROJECT, going))
        keep["segments"].append(_take(world.segments, SEGMENT, np.arange(counts.segments)))
        keep["jobs"].append(_jobs(world) if quarter >= 0 else np.zeros(0, JOB))

    @property
    def quarters(self) -> int:
        """Quarters seen to pass."""
        return len(self._state_of) - 1

    def _note_renewal(self, world: Any) -> None:
        """Remember on which parcels something was built or renovated in the events since the last look."""
        seen, self._events = self._events, int(world.counts[0].events)
        for event in world.events[seen : self._events]:
            if event["kind"] in _RENEWING and event["parcel"] >= 0:
                case = int(event["opportunity"])
                works = case < 0 or (world.opportunities[case]["works"] > 0.0
                                     and world.opportunities[case]["kind"] != records.COLLECTIVE)  # fmt: skip
                if works:
                    self._renewed.add(int(event["parcel"]))

    def _parcels(self, world: Any) -> np.ndarray:
        parcels = world.parcels[: world.counts[0].parcels]
        live = np.flatnonzero(parcels["live"])
        out = _take(parcels, PARCEL, live)
        out["soil"] = parcels["soil_cost"][live] / 100.0
        out["renewed"] = np.isin(live, list(self._renewed)) & (out["floor"] > 0.0)
        return out

    def frames(self) -> Frames:
        """Return all that was seen."""
        grid, passed = self._world.grid[0], self.quarters
        exits = (self._world.cell_exit == 0.0) & (self._world.cell_kind == records.ROAD)
        nothing = (np.zeros(0, np.int32), np.zeros(0, CELL))
        return Frames(
            rows=int(grid.rows), columns=int(grid.columns), cell_m=float(grid.cell_m), exits=np.flatnonzero(exits),
            strips={name: Strip(dtype, self._parts[name]) for name, dtype in STRIPS.items()},
            first=self._first,
            changes=(np.concatenate(self._places), np.concatenate(self._became)) if self._places else nothing,
            change_starts=np.cumsum([0, 0, *(len(places) for places in self._places)]).astype(np.int32),
            state_of=np.array(self._state_of, np.int32), indicators=np.array(self._world.indicators[:passed]),
            mixes=np.stack(self._mixes),
        )  # fmt: skip


def _take(rows: Any, dtype: np.dtype[Any], which: np.ndarray) -> np.ndarray:
    """Return some rows of a table of the world as records of ``dtype``: the fields they share, and their positions."""
    out = np.zeros(which.size, dtype)
    out["row"] = which
    for name in dtype.names or ():
        if name in rows.dtype.names:
            out[name] = rows[name][which]
    return out


def _cells(world: Any) -> np.ndarray:
    out = np.zeros(world.cell_kind.size, CELL)
    out["kind"], out["built"] = world.cell_kind, world.cell_built
    out["parcel"], out["segment"] = world.cell_parcel, world.cell_segment
    return out


def _companies(world: Any) -> np.ndarray:
    companies = world.companies[: world.counts[0].companies]
    here = np.flatnonzero((companies["state"] == records.SITTING) | (companies["state"] == records.PROSPECT))
    out, mine, p = _take(companies, COMPANY, here), companies[here], world.parameters[0]
    newcomer = mine["state"] == records.PROSPECT
    # A prospect lets itself be known by looking; of a firm on the park the municipality must have been told.
    out["known"] = newcomer | (mine["known_until"] > world.clock[0].quarter)
    need = mine["jobs"] * mine["space_per_job"]
    own = np.where(mine["parcel"] >= 0, world.parcels["floor"][np.maximum(mine["parcel"], 0)], 0.0)
    extra = np.maximum(p.growth_room * need - own, 0.0)
    # What it looks for follows from its plan, as the rules that match demand with supply reckon it (matching.land_wanted).
    next_door = mine["plan"] == records.EXPAND_ADJOINING
    elsewhere = (mine["plan"] == records.MOVE_WITHIN) | (mine["plan"] == records.MOVE_AWAY) | newcomer
    wish = mine["land_wish"]
    out["floor_needed"] = need
    stated = np.where(next_door | newcomer, wish, 0.0)
    out["wants_land"] = np.where(next_door & (wish <= 0.0), extra / p.floor_space_index, stated)
    out["wants_floor"] = np.where(elsewhere, need, np.where(next_door | (mine["plan"] == records.EXPAND_OWN), extra, 0.0))
    return out


def _live(world: Any) -> np.ndarray:
    stage = world.opportunities["stage"][: world.counts[0].opportunities]
    return np.flatnonzero((stage >= records.FOUND) & (stage <= records.REALISATION))


def _opportunities(world: Any, live: np.ndarray) -> np.ndarray:
    return _take(world.opportunities, OPPORTUNITY, live)


def _seats(world: Any, live: np.ndarray) -> np.ndarray:
    number = world.opportunities["n_parties"][live]
    case = np.repeat(live, number)
    seat = np.arange(case.size) - np.repeat(np.cumsum(number) - number, number)
    taken = world.seats[case, seat]
    out = np.zeros(case.size, SEAT)
    for name in SEAT.names or ():
        if name in taken.dtype.names:
            out[name] = taken[name]
    out["opportunity"], out["seat"] = case, seat
    stake = world.parameters[0].sunk_share * taken["outlay"]
    with np.errstate(divide="ignore", invalid="ignore"):
        out["needed"] = np.where(taken["utility"] > 0.0, stake / (stake + taken["utility"]), np.nan)
    return out


def _jobs(world: Any) -> np.ndarray:
    if not world.clock[0].acting or world.strategy[0].fte <= 0.0:
        return np.zeros(0, JOB)
    table = list_work(world)  # reads the world and changes nothing in it
    out = np.zeros(len(table), JOB)
    for column, name in ((0, "role"), (1, "action"), (2, "target"), (3, "hours"), (5, "kind")):
        out[name] = table[:, column]
    return out
