"""Pictures of a front: what it offers, what its members do, and whether the search had come to rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.figures.canvas import BLUE, VERMILION, label, literal, new_figure
from analysis.optimise.space import APPROACHES, INSTRUMENTS
from sim.records import PRINCIPLES, ROLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.optimise.space import Decisions, Space
    from analysis.optimise.study import ParkFront
    from analysis.statistics import Estimate

WORDS = {
    "nl": {
        "front_none": "{park}: geen meegeleverde strategie wordt met zekerheid op alle drie overtroffen",
        "front_some": "{park}: {n} van de {m} meegeleverde strategieën worden op alle drie overtroffen",
        "multiplier_additional": "Extra private euro's per extra publieke euro", "vitality": "Vitaliteit, winst (punten)",
        "social_balance": "Maatschappelijke balans, miljoen euro", "member": "gevonden, getoond (nummer als in de tabel)",
        "other": "overige op het front (andere toekomsten)", "shipped": "meegeleverd",
        "interval": "lijnen: 95%-interval over nieuwe toekomsten",
        "mixes": "{park}: wat op het front staat, verschilt onderling {n}% zo veel als willekeurige strategieën",
        "fte": "fte", "budget": "euro\nper jaar",
        "max_public_share": "publiek\nhoogstens", "private_ratio": "privaat per\npublieke euro", "principles": "principes\naan",
        "approach": "aanpak", "instrument": "geld als", "adaptive": "mee-\nbewegend", "demand_driven": "vraag",
        "supply_driven": "aanbod", "grant": "subsidie", "loan": "lening", "guarantee": "garantie", "mix": "alle drie",
        "yes": "ja", "no": "nee", "colour_multiplier": "private euro's per publieke euro",
        "rest": "{park}: het laatste kwart van de generaties voegde nog {n}% toe", "generation": "generatie",
        "volume": "hypervolume", "searched": "gevonden tot dan", "of_shipped": "meegeleverde strategieën",
    },
    "en": {
        "front_none": "{park}: no shipped strategy is surpassed on all three with confidence",
        "front_some": "{park}: {n} of the {m} shipped strategies are surpassed on all three",
        "multiplier_additional": "Extra private euros per extra public euro", "vitality": "Vitality, gain (points)",
        "social_balance": "Social balance, million euros", "member": "found, shown (number as in the table)",
        "other": "others on the front (other futures)", "shipped": "shipped",
        "interval": "lines: 95% interval over new futures",
        "mixes": "{park}: strategies on the front differ {n}% as much as random ones", "fte": "fte", "budget": "euros\na year",
        "max_public_share": "public\nat most", "private_ratio": "private per\npublic euro", "principles": "principles\non",
        "approach": "approach", "instrument": "money as", "adaptive": "adaptive", "demand_driven": "demand",
        "supply_driven": "supply", "grant": "grant", "loan": "loan", "guarantee": "guarantee", "mix": "all three",
        "yes": "yes", "no": "no", "colour_multiplier": "private euros per public euro",
        "rest": "{park}: the last quarter of the generations still added {n}%", "generation": "generation",
        "volume": "hypervolume", "searched": "found by then", "of_shipped": "shipped strategies",
    },
}  # fmt: skip
_MAP = "cividis"  # reads the same to the colour-blind, and in grey
_TITLE = {"fontsize": 12.5, "x": 0.01, "ha": "left"}


def _number(value: float, digits: int, language: str) -> str:
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def _round_ticks(axis: Any, language: str) -> None:
    """Put ticks on round numbers, and write them with as many decimals as they need."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(
        lambda value, _: _number(value, next(k for k in range(4) if k == 3 or abs(value - round(value, k)) < 1e-9), language)))


def front_figure(front: ParkFront, language: str = "en") -> Figure:
    """Draw multiplier against vitality, social balance as colour: members with intervals, others, and what is shipped."""
    words, reported, rows = WORDS[language], front.reported, front.shipped_rows
    figure = new_figure(9.5, 6.4)
    ax = figure.subplots()
    kept = [k for k in front.judged.kept if k not in front.chosen]
    others = front.judged.fresh[kept]
    estimates = reported.estimates
    shown = [*range(len(front.chosen)), *rows]
    balance = [estimates[row]["social_balance"].mean or 0.0 for row in shown] + [float(value) for value in others[:, 2]]
    shade = _shade(np.array(balance) / 1e6)
    ax.scatter(others[:, 0], others[:, 1], s=26, c=[shade(value / 1e6) for value in others[:, 2]], lw=0, alpha=0.8, zorder=2)
    for place, row in zip(front.chosen, range(len(front.chosen)), strict=True):
        _cross(ax, estimates[row], shade, "o", str(place + 1))
    for number, row in enumerate(rows):
        _cross(ax, estimates[row], shade, "D", chr(ord("a") + number))
    _finish(figure, ax, front, shade, language)
    beaten = int(reported.against.pairs[: len(front.chosen), rows.start :].any(axis=0).sum())
    title = words["front_some" if beaten else "front_none"]
    figure.suptitle(title.format(park=literal(front.space.park.name, 40), n=beaten, m=len(rows)), **_TITLE)
    return figure


def _shade(values: np.ndarray) -> Any:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    low, high = float(values.min()), float(values.max())
    mappable = ScalarMappable(Normalize(low, high if high > low else low + 1.0), colormaps[_MAP])

    def shade(value: float) -> Any:
        return mappable.to_rgba(np.array([value]))[0]

    shade.mappable = mappable  # type: ignore[attr-defined]
    return shade


def _cross(ax: Any, found: dict[str, Estimate], shade: Any, marker: str, text: str) -> None:
    across, up, balance = (found[name] for name in ("multiplier_additional", "vitality", "social_balance"))
    if across.mean is None or up.mean is None or balance.mean is None:
        return
    if across.low is not None and up.low is not None:
        ax.plot([across.low, across.high], [up.mean, up.mean], color="#777777", lw=1.2, zorder=1)
        ax.plot([across.mean, across.mean], [up.low, up.high], color="#777777", lw=1.2, zorder=1)
    colour = shade(balance.mean / 1e6)
    light = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] > 0.5
    ax.plot(across.mean, up.mean, marker, ms=15 if marker == "o" else 12.5, color=colour, mec="black", mew=1.0, zorder=3)
    ax.annotate(text, (across.mean, up.mean), ha="center", va="center_baseline", fontsize=9,
                color="black" if light else "white", zorder=4)


def _finish(figure: Figure, ax: Any, front: ParkFront, shade: Any, language: str) -> None:
    from matplotlib.lines import Line2D

    words = WORDS[language]
    bar = figure.colorbar(shade.mappable, ax=ax, pad=0.02)
    bar.set_label(words["social_balance"], fontsize=10.5)
    _round_ticks(bar.ax.yaxis, language)
    ax.set_xlabel(words["multiplier_additional"], fontsize=10.5)
    ax.set_ylabel(words["vitality"], fontsize=10.5)
    _round_ticks(ax.xaxis, language)
    _round_ticks(ax.yaxis, language)
    ax.grid(color="#E8E8E8", lw=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
    handles = [
        Line2D([], [], ls="", marker="o", ms=11, color="white", mec="black", label=words["member"]),
        Line2D([], [], ls="", marker="o", ms=5, color="#777777", label=words["other"]),
        Line2D([], [], color="#777777", lw=1.2, label=words["interval"]),
    ]
    handles += [Line2D([], [], ls="", marker=f"${chr(ord('a') + number)}$", color="black",
                       label=label(front.reported.strategies[row].name, language, 40))
                for number, row in enumerate(front.shipped_rows)]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9.5, frameon=False)


def mixes_figure(front: ParkFront, language: str = "en") -> Figure:
    """Draw what the members of the front decide, a line each over an axis per decision; colour is the multiplier."""
    words = WORDS[language]
    figure = new_figure(11.0, 5.4)
    ax = figure.subplots()
    kept = front.judged.kept
    axes = _axes_of(front.space, language)
    shade = _shade(front.judged.fresh[kept, 0])
    rng, ends = np.random.default_rng(1), dict[float, list[str]]()
    for k in kept:
        shown = k in front.chosen
        # A little apart, so that lines between yes and no do not cover one another.
        places = [place + 0.012 * rng.uniform(-1, 1) for place in _places(front.decided[k], axes)]
        colour = shade(front.judged.fresh[k, 0])
        ax.plot(range(len(axes)), places, "-o", color=colour, lw=2.6 if shown else 1.0, ms=5 if shown else 2.5,
                alpha=1.0 if shown else 0.45, zorder=3 if shown else 2)
        if shown:
            ends.setdefault(axes[-1][2](front.decided[k]), []).append(str(k + 1))
    for place, numbers in ends.items():
        ax.annotate(", ".join(numbers), (len(axes) - 1, place), xytext=(9, 0), textcoords="offset points",
                    va="center_baseline", fontsize=9)
    for where, (_, ticks, _) in enumerate(axes):
        for place, text in ticks:
            ax.annotate(text, (where, place), xytext=(-4, -9 if place < 0.5 else 6), textcoords="offset points", ha="right",
                        fontsize=8, color="#444444")
        ax.axvline(where, color="#BBBBBB", lw=0.8, zorder=1)
    ax.set_xticks(range(len(axes)), [name for name, _, _ in axes], fontsize=9.5)
    ax.set(ylim=(-0.1, 1.1), xlim=(-0.6, len(axes) - 0.2), yticks=[])
    ax.spines[["top", "right", "left", "bottom"]].set_visible(False)
    ax.tick_params(length=0)
    bar = figure.colorbar(shade.mappable, ax=ax, pad=0.01)
    bar.set_label(words["colour_multiplier"], fontsize=10)
    _round_ticks(bar.ax.yaxis, language)
    share = 100.0 * next(one.share for one in front.spread if one.variable == "all")
    title = words["mixes"].format(park=literal(front.space.park.name, 40), n=_number(share, 0, language))
    figure.suptitle(title, **_TITLE)
    return figure


def _axes_of(space: Space, language: str) -> list[tuple[str, list[tuple[float, str]], Any]]:
    """Return the axes: name, ticks (place, text), and the place (0-1) of what a strategy decides."""
    words = WORDS[language]
    yes_no = [(0.0, words["no"]), (1.0, words["yes"])]
    found: list[tuple[str, list[tuple[float, str]], Any]] = [
        (role, [(0.0, "0%"), (1.0, "100%")], lambda d, k=k: float(np.mean([mix[k] for mix in d.mixes])))
        for k, role in enumerate(ROLES)
    ]
    for name, span in space.spans.items():
        digits = 0 if name == "budget" else 2 if name == "fte" and span.low < 1.0 else 1
        ends = [f"{100 * end:.0f}%" if name == "max_public_share" else _number(end, digits, language)
                for end in (span.low, span.high)]  # fmt: skip
        found.append((words[name], [(0.0, ends[0]), (1.0, ends[1])],
                      lambda d, name=name, span=span: span.apart(getattr(d, name), span.low)))
    found.append((words["principles"], [(0.0, "0"), (1.0, str(len(PRINCIPLES)))], lambda d: float(np.mean(d.principles))))
    found.append((words["adaptive"], yes_no, lambda d: float(d.adaptive)))
    found.append((words["approach"], [(float(k), words[name]) for k, name in enumerate(APPROACHES)],
                  lambda d: float(APPROACHES.index(d.approach))))
    last = len(INSTRUMENTS) - 1
    found.append((words["instrument"], [(k / last, words[name]) for k, name in enumerate(INSTRUMENTS)],
                  lambda d: INSTRUMENTS.index(d.instrument) / last))
    return found


def _places(decided: Decisions, axes: list[tuple[str, list[tuple[float, str]], Any]]) -> list[float]:
    return [place_of(decided) for _, _, place_of in axes]


def search_figure(fronts: list[ParkFront], language: str = "en") -> Figure:
    """Draw the hypervolume of what had been found by each generation, beside that of what is shipped: a panel per park."""
    words = WORDS[language]
    figure = new_figure(9.0, 0.8 + 2.7 * len(fronts))
    axes = np.atleast_1d(figure.subplots(len(fronts), 1))
    for ax, front in zip(axes, fronts, strict=True):
        volume, shipped = front.searched.hypervolume()
        generations = np.arange(1, len(volume) + 1)
        ax.plot(generations, volume, "-o", color=BLUE, ms=4, label=words["searched"])
        ax.axhline(shipped, color=VERMILION, ls="--", lw=1.4, label=words["of_shipped"])
        late = max(0, len(volume) - 1 - max(1, len(volume) // 4))
        gain = 100.0 * (volume[-1] / volume[late] - 1.0) if volume[late] > 0.0 else float("nan")
        title = words["rest"].format(park=literal(front.space.park.name, 40), n=_number(gain, 1, language))
        ax.set_title(title, fontsize=12, loc="left")
        ax.set_ylim(bottom=0.0)
        ax.xaxis.get_major_locator().set_params(integer=True)
        _round_ticks(ax.yaxis, language)
        ax.grid(color="#E8E8E8", lw=0.8)
        ax.spines[["top", "right"]].set_visible(False)
    axes[-1].set_xlabel(words["generation"], fontsize=10.5)
    axes[0].legend(fontsize=9.5, frameon=False, loc="lower right")
    figure.supylabel(words["volume"], fontsize=10)
    return figure
