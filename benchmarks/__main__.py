"""All benchmarks one after the other: `python -m benchmarks [--json]`."""

from __future__ import annotations

import json

from benchmarks import ablation, attention, click_to_bars, encoder, startup
from benchmarks.table import arguments, machine, text_table


def main() -> None:
    """Measure everything that the README reports, and print it."""
    options = arguments(__doc__).parse_args()
    results = {"machine": machine()}
    for name, benchmark in (
        ("click_to_bars", click_to_bars),
        ("startup", startup),
        ("encoder", encoder),
        ("attention", attention),
        ("ablation", ablation),
    ):
        results[name] = benchmark.measure()
        if not options.json:
            title = (benchmark.__doc__ or "").partition(":")[0]
            print(f"{title}\n{text_table(benchmark.rows(results[name]))}\n", flush=True)
    print(json.dumps(results, indent=2) if options.json else _where(results["machine"]))


def _where(values: dict[str, object]) -> str:
    return "Measured with " + ", ".join(f"{name} {value}" for name, value in values.items())


if __name__ == "__main__":
    main()
