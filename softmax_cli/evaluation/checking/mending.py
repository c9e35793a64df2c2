"""A finding with what mends it: one command line for all errors together, and what it promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from softmax_cli.checks.check import Check, Symptom, Trial
from softmax_cli.checks.remedies import NO_OPTIONS, Given, Options, merged
from softmax_cli.evaluation.checking.trials import Outcome
from softmax_cli.reports.findings import Effect

WITH_THAT_COMMAND = "with the command below"


@dataclass(frozen=True, eq=False)
class Mended:
    """What a check saw, its effects, and the ``options`` of the command that mends it together with other errors."""

    check: Check
    symptom: Symptom
    effects: tuple[Effect | Trial, ...]
    options: Options
    given: Given

    @classmethod
    def of(cls, check: Check, symptom: Symptom, seen: Sequence[tuple[Check, Symptom]], given: Given) -> "Mended":
        """Where `loss` refuses the files for another reason too, the command has to mend that as well."""
        others = [each.options for error, each in seen if error.severity == "error" and each.options]
        options = merged(*others, symptom.options) if symptom.options else symptom.options
        effects = symptom.effects
        if options and _alters_nothing(options, given.options):
            kept = tuple(effect for effect in effects if isinstance(effect, Effect) or not effect.options)
            return cls(check, symptom, kept, NO_OPTIONS, given)
        if options != symptom.options:
            effects = tuple(_instead(effect, symptom.options, options) for effect in effects)
        return cls(check, symptom, effects, options, given)

    @property
    def trials(self) -> list[Trial]:
        """The effects that have yet to be computed."""
        return [effect for effect in self.effects if isinstance(effect, Trial)]

    def figures(self, outcomes: Mapping[int, Outcome | None]) -> tuple[Effect, ...]:
        """The effects with the outcomes of their trials; those that came to nothing are left out."""
        found = []
        for effect in self.effects:
            if isinstance(effect, Effect):
                found.append(effect)
            elif (outcome := outcomes.get(id(effect))) is not None and outcome.rows:
                found.append(Effect(effect.name, outcome.loss, outcome.accuracy))
        return tuple(found)

    def command(self, outcomes: Mapping[int, Outcome | None]) -> str:
        """The command line; empty where no option mends it, or where the files cannot be read so."""
        if not self.options:
            return ""
        trial = next((trial for trial in self.trials if trial.options == self.options), None)
        if trial is None or not self.given.with_labels:
            return self.given.command(self.options)
        outcome = outcomes.get(id(trial))
        if outcome is None or not outcome.rows:
            return ""
        return self.given.command(self.options, by_loss=outcome.complete)


def _alters_nothing(options: Options, given: Options) -> bool:
    """Whether the command with these options is the one that was given."""
    return {name: value for name, value in merged(given, options).items() if value is not None} == dict(given)


def _instead(effect: Effect | Trial, own: Options, options: Options) -> Effect | Trial:
    """The trial of the whole command in the place of that of a finding's own options."""
    if isinstance(effect, Trial) and effect.options == own:
        return replace(effect, name=WITH_THAT_COMMAND, options=options)
    return effect
