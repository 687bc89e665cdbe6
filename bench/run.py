"""Runs the benchmarks: every round each participant of each scenario once, in shuffled order, so
that what else the machine does strikes all of them. scripts/bench builds what is needed first."""

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import machine, processes, report  # noqa: E402
from harness.peers import Setting  # noqa: E402
from harness.results import Results  # noqa: E402
from harness.scenarios import UNITS, all_scenarios  # noqa: E402


def at_least_one(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--programs", required=True, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--page", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only", metavar="TEXT", default="",
                        help="only scenarios with this in their key or title")
    parser.add_argument("--with", dest="names", metavar="NAME", action="append", default=[],
                        help="beside netaio only participants with this in their name; may repeat")
    parser.add_argument("--rounds", type=at_least_one, default=7, help="default 7")
    parser.add_argument("--seconds", type=float, default=0.5,
                        help="for each run, after a warm-up of a quarter of that; default 0.5")
    parser.add_argument("--no-write", action="store_true",
                        help="only print, leave the page in docs/ alone")
    parser.add_argument("--list", action="store_true", help="list the scenarios and end")
    parser.add_argument("--smoke", action="store_true",
                        help="one round of a fraction of a second; fails when any run fails")
    return parser.parse_args()


class Progress:
    """A line on a terminal that says how far it is; nothing elsewhere."""

    def __init__(self, total):
        self.total, self.done, self.began = total, 0, time.monotonic()

    def show(self, what):
        if not sys.stderr.isatty():
            return
        each = (time.monotonic() - self.began) / self.done if self.done else 0
        left = f", {each * (self.total - self.done) / 60:.0f} min left" if self.done > 5 else ""
        print(f"\r\033[K{self.done}/{self.total}{left}: {what}", end="", file=sys.stderr, flush=True)

    def step(self):
        self.done += 1

    def end(self):
        if sys.stderr.isatty():
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def choose(options):
    scenarios = [scenario for scenario in all_scenarios()
                 if options.only in scenario.key or options.only in scenario.title]
    if not scenarios:
        sys.exit(f"no scenario has '{options.only}' in its key or title; --list names them")
    takes_part = {name for scenario in scenarios for name in scenario.takes_part}
    for wanted in options.names:
        if not any(wanted in name for name in takes_part):
            sys.exit(f"nothing that takes part there has '{wanted}' in its name; --list tells")
    if options.names:
        for scenario in scenarios:
            scenario.takes_part = {
                name: run for name, run in scenario.takes_part.items()
                if name == "netaio" or any(wanted in name for wanted in options.names)}
    return scenarios


def setting_for(scenario, options):
    return Setting(options.programs, options.seconds, scenario.together)


def measure(scenarios, options):
    """All rounds; returns the results and the sentences of what failed."""
    results, failures = Results(machine=machine.describe()), []
    entries = []
    for scenario in scenarios:
        setting = setting_for(scenario, options)
        for name, run in scenario.takes_part.items():
            if why := run.missing(setting):
                if name not in results.missing:
                    print(f"skipped: {name}: {why}", file=sys.stderr)
                results.missing[name] = why
            else:
                entries.append((scenario, name, run, setting))
    if results.missing:
        print("scripts/bench --setup installs the peers of Debian's packages", file=sys.stderr)
    progress = Progress(len(entries) * options.rounds)
    for number in range(options.rounds):
        for scenario, name, run, setting in random.sample(entries, len(entries)):
            progress.show(f"round {number + 1}, {scenario.key}, {name}")
            figures = None
            try:
                figures = run(setting)
            except (processes.Failed, OSError, ValueError) as failure:
                failures.append(f"{scenario.key}, {name}: {failure}")
            results.add(scenario.key, name, figures)
            progress.step()
        if options.results:
            results.save(options.results)
    progress.end()
    return results, failures


def print_table(results, scenarios):
    for scenario in scenarios:
        print(f"{scenario.title} ({UNITS[scenario.unit]})")
        for name in scenario.takes_part:
            values = results.values(scenario.key, name, scenario.unit)
            if not values:
                continue
            median = results.median(scenario.key, name, scenario.unit)
            line = f"  {name:24} {median:12,.1f}  [{min(values):,.0f} .. {max(values):,.0f}]"
            for unit, text in (("server_cpu_ns", "{:.0f} ns CPU"), ("p50_us", "p50 {:.1f} µs"),
                               ("p99_us", "p99 {:.1f} µs"), ("lost_percent", "{:.2f}% lost")):
                value = results.median(scenario.key, name, unit)
                line += "  " + text.format(value) if value is not None else ""
            ratio = results.ratio(scenario.key, name, scenario.unit)
            if name != "netaio" and ratio is not None:
                wanted = scenario.wanted.get(name)
                line += f"  netaio by this: {ratio:.2f}"
                line += f" (wanted {wanted:.3g})" if wanted else ""
            print(line)
        print(flush=True)


def main():
    options = arguments()
    if options.smoke:
        options.rounds, options.seconds, options.no_write = 1, 0.05, True
    scenarios = choose(options)
    if options.list:
        for scenario in scenarios:
            print(f"{scenario.key:20} {scenario.title}: {', '.join(scenario.takes_part)}")
        return
    whole = not options.only and not options.names
    page = options.page if whole and not options.no_write else None
    if page and not page.is_file():
        sys.exit(f"the figures go into a page that is there already, and {page} is not")
    results, failures = measure(scenarios, options)
    print_table(results, scenarios)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    if page:
        report.write(results, scenarios, page)
        print(f"wrote {page}", file=sys.stderr)
    sys.exit(1 if failures and options.smoke else 0)


if __name__ == "__main__":
    main()
