"""Interventions that keep networks able to learn, and CHAIN's churn penalty."""

from collections.abc import Mapping

from rlzoo import hookimpl


@hookimpl
def rlzoo_interventions() -> Mapping[str, str]:
    """Add `--intervention redo`, `reset-last-layers` and `shrink-and-perturb`."""
    return {
        "redo": "rlzoo_plasticity.redo:ReDo",
        "reset-last-layers": "rlzoo_plasticity.reset_last_layers:ResetLastLayers",
        "shrink-and-perturb": "rlzoo_plasticity.shrink_and_perturb:ShrinkAndPerturb",
    }


@hookimpl
def rlzoo_objectives() -> Mapping[str, str]:
    """Add `--objective chain`."""
    return {"chain": "rlzoo_plasticity.chain:Chain"}
