"""The model card of a run in Hugging Face's format: README.md with a YAML header."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from statistics import fmean, pstdev
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from rlzoo.contracts import Evaluation
from rlzoo.contracts.train import Kept
from rlzoo.registry.catalog import Catalog
from rlzoo.registry.options import as_text
from rlzoo.registry.packages import DISTRIBUTION
from rlzoo.results.escape import fenced, markdown, without_unprintable, yaml
from rlzoo.results.final_returns import over_seeds, returns_of
from rlzoo.results.playing import Played, mean_returns
from rlzoo.results.result import Result
from rlzoo.results.trust import untrusted_modules

DISTRIBUTION_NAME = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)
CARD = "README.md"
PICTURE = "returns.png"
FILM = "replay.mp4"
"""The name under which Hugging Face shows a film beside the card."""
WEIGHTS = {"last": "last weights", "best": "weights of each seed's best evaluation during training"}
USAGE = """\
import rlzoo
from huggingface_hub import snapshot_download

folder = snapshot_download("USER/NAME")  # where this card is published
agent = rlzoo.load(folder, {arguments})
env = agent.make_env()
observation, _ = env.reset()
action = agent.act(observation)"""


def card(result: Result, catalog: Catalog, played: Played, kept: Kept, film: bool) -> str:
    """The card of a run whose agents have played these greedy episodes. The text of the run is escaped."""
    template = _templates().get_template("card.md.jinja")
    return without_unprintable(template.render(_content(result, catalog, played, kept, film)))


def best_seed(played: Played) -> int:
    """The seed with the highest mean return."""
    means = mean_returns(played)
    return max(means, key=means.__getitem__)


def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("rlzoo.results"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # not autoescape: this is Markdown, and each value has a filter
    templates.filters |= {"fenced": fenced, "markdown": markdown, "yaml": yaml}
    return templates


def _content(result: Result, catalog: Catalog, played: Played, kept: Kept, film: bool) -> dict[str, Any]:
    folder, manifest = result.folder, result.manifest
    seed, environment = best_seed(played), folder.environment
    returns = [episode.episode_return for episodes in played.values() for episode in episodes]
    status = "" if folder.status == "finished" else f"; the run was {folder.status}"
    return {
        "name": f"{folder.algorithm}-{environment}",
        "algorithm": folder.algorithm,
        "environment": environment,
        "tags": [environment, "deep-reinforcement-learning", "reinforcement-learning", "rlzoo", folder.algorithm],
        "value": f"{fmean(returns):.2f} +/- {pstdev(returns):.2f}",
        "summary": _summary(catalog, folder.algorithm),
        "version": manifest.get("versions", {}).get("rlzoo", ""),
        "remark": f"{_length(result)}{status}",
        "picture": PICTURE,
        "film": FILM if film else "",
        "episodes": len(played[seed]),
        "kept": WEIGHTS[kept],
        "rows": list(_rows(result, played)),
        "overall": over_seeds(list(mean_returns(played).values())),
        "packages": [*_packages(result), "huggingface_hub"],
        "usage": USAGE.format(arguments=_arguments(result, catalog, seed, kept)),
        "settings": list(_settings(result)),
        "command": str(manifest.get("command", "")),
        "versions": ", ".join(f"{name} {number}" for name, number in manifest.get("versions", {}).items()),
    }


def _summary(catalog: Catalog, algorithm: str) -> str:
    known = algorithm in catalog.names("algorithm")
    return catalog.get("algorithm", algorithm).summary if known else f"The algorithm {algorithm}"


def _length(result: Result) -> str:
    """How long each seed trained, and how many there are."""
    train = result.manifest["composition"].get("train", {})
    unit = "steps" if train.get("steps") is not None else "episodes"
    seeds = "one seed" if len(result.seeds) == 1 else f"each of {len(result.seeds)} seeds"
    return f"for {train.get(unit, 0):,} {unit} with {seeds}"


def _rows(result: Result, played: Played) -> Iterator[list[str]]:
    trained = returns_of(result.folder)
    for seed, episodes in played.items():
        yield [str(seed), *_numbers(episodes), f"{trained[seed]:.1f}" if seed in trained else ""]


def _numbers(episodes: Sequence[Evaluation]) -> list[str]:
    returns = [episode.episode_return for episode in episodes]
    length = fmean(episode.length for episode in episodes)
    return [f"{number:.1f}" for number in (fmean(returns), min(returns), max(returns), length)]


def _arguments(result: Result, catalog: Catalog, seed: int, kept: Kept) -> str:
    """The arguments of `rlzoo.load` that give the best seed of the card."""
    modules = untrusted_modules(result.folder.composition(catalog), ())
    imports = f", allow_import={modules!r}" if modules else ""
    return f"seed={seed}{'' if kept == 'last' else f', weights={kept!r}'}{imports}"


def _settings(result: Result) -> Iterator[tuple[str, str]]:
    composition = result.manifest["composition"]
    for slot, chosen in composition["components"].items():
        yield slot, chosen["name"]
        yield from ((f"{slot}.{name}", _value(value)) for name, value in chosen["options"].items())
    yield from ((f"train.{name}", _value(value)) for name, value in composition["train"].items())


def _value(value: object) -> str:
    return json.dumps(value) if isinstance(value, dict | list) else as_text(value)


def _packages(result: Result) -> list[str]:
    """The distributions that the run needs, as pip takes them."""
    plugins = {chosen["plugin"] for chosen in result.manifest["composition"]["components"].values()} - {"rlzoo"}
    return [DISTRIBUTION, *sorted(name for name in plugins if DISTRIBUTION_NAME.fullmatch(name))]
