"""Write ``docs/parameters.md`` from the table in the code: ``uv run python -m benchmarks.parameter_page``."""

from __future__ import annotations

from pathlib import Path

from sim.inputs.parameters import PARAMETERS

PAGE = Path(__file__).parents[1] / "docs" / "parameters.md"


def page() -> str:
    """Return the page: every parameter with default, range, unit, mark, source and meaning."""
    lines = [
        "# Parameters", "",
        "Made from `sim/inputs/parameters.py` by `uv run python -m benchmarks.parameter_page`. Any of them can be set in",
        "a park file under `[parameters]`. Marks: S read in a source, C arithmetic on such figures, R recalled, J a",
        "judgement. Codes such as S38 are those of the list of sources that the model's design keeps; euros of 2024.", "",
        "| name | default | range | unit | mark | source | meaning |", "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for p in PARAMETERS:
        lines.append(f"| `{p.name}` | {p.default:g} | {p.low:g} - {p.high:g} | {p.unit} | {p.mark} | {p.source} | "
                     f"{p.meaning} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
