"""The device on which a run computes."""

from __future__ import annotations

import torch

from rlzoo.contracts.errors import OptionError, nearest

DEVICES = ("auto", "cpu", "cuda")


def check_device(name: str) -> torch.device:
    """Return the device; `auto` is a GPU if there is one. Raises OptionError for a device that is not available."""
    available = torch.cuda.is_available()
    if name not in DEVICES:
        raise OptionError(f"unknown device `{name}`.{nearest(name, DEVICES)} Valid: {', '.join(DEVICES)}")
    if name == "cuda" and not available:
        raise OptionError("no CUDA device is available; use `auto` or `cpu`")
    return torch.device("cuda" if available and name != "cpu" else "cpu")
