"""Many copies of one network as one tensor program.

A network is an ordinary module written for one lane. `stack` joins the parameters of the copies along a new axis 0 and
returns a function that runs all copies. Known layers become batched matrix products, which for small networks are much
faster than running one lane after another. Any other module, whole or inside a known one, runs lane by lane.

A lane's result is always bit-identical alone or with other lanes. That rules out `torch.vmap`, and is the condition for
each layer that runs on all lanes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from rlzoo.lanes.linear import linear
from rlzoo.lanes.params import Params, Predict

EXACT = (nn.Hardswish, nn.Identity, nn.LeakyReLU, nn.ReLU, nn.ReLU6, nn.Tanh)
"""Activations whose result does not depend on the position in the array, unlike ELU, GELU and others (last bit)."""


def stack(modules: Sequence[nn.Module]) -> tuple[Params, Predict]:
    """Stack `L` copies of a module; returns their parameters and buffers `[L, ...]` and the function that runs them.

    Parameters require a gradient unless the module froze them; buffers do not. The result shares no memory with the
    copies. A module must not use one tensor under two names: only the first would be stacked.
    """
    parameters, buffers = stack_module_state(list(modules))
    params = {name: leaf.detach().requires_grad_(leaf.requires_grad) for name, leaf in parameters.items()}
    return params | {name: leaf.detach() for name, leaf in buffers.items()}, lower(modules[0], "")


def lower(module: nn.Module, prefix: str) -> Predict:
    """Return the function `(params, x [L, B, ...]) -> [L, B, ...]` that runs `module` in every lane.

    `prefix` precedes the module's names in `params`. A module may define how its lanes run by a method
    `lanes(lower, prefix)` that returns such a function.
    """
    rule = RULES.get(type(module))  # the exact type: a subclass may compute something else
    custom: Callable[..., Predict] | None = getattr(module, "lanes", None)
    if module._forward_hooks or module._forward_pre_hooks:
        return _lane_by_lane(module, prefix)
    if custom is not None:
        return custom(lower, prefix)
    if rule is not None:
        return rule(module, prefix)
    if type(module) in EXACT or getattr(module, "trailing", False):
        forward = module.forward  # calling the module would look for hooks, a microsecond each time
        return lambda _, x: forward(x)
    return _lane_by_lane(module, prefix)


def _sequential(module: nn.Sequential, prefix: str) -> Predict:
    # Not `named_children`, which skips the second use of a layer.
    parts = [lower(part, f"{prefix}{name}.") for name, part in module._modules.items() if part is not None]

    def run(params: Params, x: Tensor) -> Tensor:
        for part in parts:
            x = part(params, x)
        return x

    return run


def _linear(_: nn.Linear, prefix: str) -> Predict:
    weight, bias = f"{prefix}weight", f"{prefix}bias"
    return lambda params, x: linear(x, params[weight], params.get(bias))


def _embedding(module: nn.Embedding, prefix: str) -> Predict:
    def run(params: Params, x: Tensor) -> Tensor:
        table = params[f"{prefix}weight"]  # [L, states, features]
        rows = x.flatten(1).unsqueeze(-1).expand(-1, -1, table.shape[-1])  # [L, lookups, features]
        return table.gather(1, rows).view(*x.shape, -1)

    return run


def _flatten(module: nn.Flatten, prefix: str) -> Predict:
    if (module.start_dim, module.end_dim) != (1, -1):
        return _lane_by_lane(module, prefix)
    return lambda _, x: x.flatten(2)


def _lane_by_lane(module: nn.Module, prefix: str) -> Predict:
    tensors = chain(module.named_parameters(), module.named_buffers())  # the state dict lacks non-persistent buffers
    keys = {name: f"{prefix}{name}" for name, _ in tensors}

    def run(params: Params, x: Tensor) -> Tensor:
        lanes = ({name: params[key][lane] for name, key in keys.items()} for lane in range(len(x)))
        return torch.stack([functional_call(module, leaves, (row,)) for leaves, row in zip(lanes, x, strict=True)])

    return run


def _plain_embedding(module: nn.Embedding, prefix: str) -> Predict:
    known = module.padding_idx is None and module.max_norm is None
    return _embedding(module, prefix) if known else _lane_by_lane(module, prefix)


RULES: dict[type[nn.Module], Callable[..., Predict]] = {
    nn.Sequential: _sequential,
    nn.Linear: _linear,
    nn.Embedding: _plain_embedding,
    nn.Flatten: _flatten,
}
