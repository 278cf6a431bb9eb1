"""The diagnostics of `train.diagnose`: the columns they add to metrics.csv, and what these mean."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnostic:
    """A number about what an agent learns, one for each seed and row of metrics."""

    column: str
    label: str
    """Its name, a colon and its definition."""
    unit: str = ""


DIAGNOSTICS = (
    Diagnostic(
        "overestimation",
        "overestimation: Q of visited states and actions minus the discounted return that followed",
        "return",
    ),
    Diagnostic("target_drift", "target drift: mean distance of the online from the target network's Q values", "Q"),
    Diagnostic("policy_churn", "policy churn: share of states whose greedy action an update changes"),
    Diagnostic("value_churn", "value churn: mean change of Q values by an update", "Q"),
    Diagnostic("gradient_norm", "gradient norm: Euclidean norm of the gradient of an update, before clipping"),
    Diagnostic(
        "gradient_noise",
        "gradient noise scale: batch size at which a gradient's noise equals the gradient itself",
        "samples",
    ),
    Diagnostic("td_error_p10", "TD error, 10th percentile: of the absolute TD errors of a batch"),
    Diagnostic("td_error_p50", "TD error, median: of the absolute TD errors of a batch"),
    Diagnostic("td_error_p90", "TD error, 90th percentile: of the absolute TD errors of a batch"),
    Diagnostic("early_td_error", "early TD error: mean absolute TD error of the batch that a run first learned from"),
    Diagnostic("dormant_share", "dormant units: share of the last hidden layer's units that are hardly ever active"),
    Diagnostic("effective_rank", "effective rank: number of directions that the last hidden layer's outputs span"),
    Diagnostic("replay_age", "replay age: mean age of the transitions in a batch", "steps"),
    Diagnostic("replay_coverage", "replay coverage: share of the stored transitions that were sampled at least once"),
)
