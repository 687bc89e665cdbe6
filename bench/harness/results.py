"""The figures of a run, round by round, and what follows from them."""

import json
import statistics
from dataclasses import dataclass, field


@dataclass
class Results:
    """rounds[scenario key][name] is a list with the figures of each round, None where it failed."""

    rounds: dict = field(default_factory=dict)
    missing: dict = field(default_factory=dict)  # name -> why it did not take part
    machine: dict = field(default_factory=dict)

    def add(self, key, name, figures):
        self.rounds.setdefault(key, {}).setdefault(name, []).append(figures)

    def values(self, key, name, unit):
        return [figures[unit] for figures in self.rounds.get(key, {}).get(name, [])
                if figures and unit in figures]

    def median(self, key, name, unit):
        values = self.values(key, name, unit)
        return statistics.median(values) if values else None

    def ratio(self, key, other, unit):
        """The median over the rounds of netaio's figure by another's of the same round."""
        rounds = self.rounds.get(key, {})
        ratios = [ours[unit] / theirs[unit]
                  for ours, theirs in zip(rounds.get("netaio", []), rounds.get(other, []))
                  if ours and theirs and unit in ours and theirs.get(unit)]
        return statistics.median(ratios) if ratios else None

    def save(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(vars(self), indent=1), encoding="utf-8")

    @staticmethod
    def load(path):
        return Results(**json.loads(path.read_text(encoding="utf-8")))
