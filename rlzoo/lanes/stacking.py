"""Many copies of one network as one tensor program.

A network is an ordinary module written for one lane. `stack` joins the parameters of the copies along a new axis 0 and
returns a layer that runs all copies. Known layers become batched matrix products, which for small networks are much
faster than running one lane after another, and compute their gradients in closed form. Any other module, whole or
inside a known one, runs lane by lane, and autograd finds its gradient.

A lane's result is always bit-identical alone or with other lanes. That rules out `torch.vmap`, and is the condition for
each layer that runs on all lanes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from rlzoo.lanes.convolution import Convolution
from rlzoo.lanes.layer import Autograd, Chain, LaneLayer, ReLU, Reshape, Unrolled
from rlzoo.lanes.linear import Linear
from rlzoo.lanes.lookup import Lookup
from rlzoo.lanes.normalization import LayerNorm
from rlzoo.lanes.params import Params

EXACT = (nn.Hardswish, nn.Identity, nn.LeakyReLU, nn.ReLU6, nn.Tanh)
"""Activations whose result does not depend on the position in the array, unlike ELU, GELU and others (last bit)."""


def stack(modules: Sequence[nn.Module]) -> tuple[Params, LaneLayer]:
    """Stack `L` copies of a module; returns their parameters and buffers `[L, ...]` and the layer that runs them.

    Parameters require a gradient unless the module froze them; buffers do not. The result shares no memory with the
    copies. A module must not use one tensor under two names: only the first would be stacked.
    """
    parameters, buffers = stack_module_state(list(modules))
    params = {name: leaf.detach().requires_grad_(leaf.requires_grad) for name, leaf in parameters.items()}
    return params | {name: leaf.detach() for name, leaf in buffers.items()}, lower(modules[0], "")


def lower(module: nn.Module, prefix: str) -> LaneLayer:
    """Return what runs `module` in every lane.

    `prefix` precedes the module's names in the parameters. A module may define how its lanes run by a method
    `lanes(lower, prefix)` that returns a layer. A network with memory becomes an `Unrolled`.
    """
    rule = RULES.get(type(module))  # the exact type: a subclass may compute something else
    custom: Callable[..., LaneLayer] | None = getattr(module, "lanes", None)
    frozen = not all(leaf.requires_grad for leaf in module.parameters(recurse=False))  # has no place for a gradient
    if frozen or module._forward_hooks or module._forward_pre_hooks:
        return _lane_by_lane(module, prefix)
    if custom is not None:
        return custom(lower, prefix)
    if rule is not None:
        return rule(module, prefix)
    if type(module) in EXACT or getattr(module, "trailing", False):
        forward = module.forward  # calling the module would look for hooks, a microsecond each time
        reshapes = getattr(module, "reshapes", False)
        return Reshape(forward) if reshapes else Autograd(lambda _, x: forward(x), prefix, trained=False)
    return _lane_by_lane(module, prefix)


def _sequential(module: nn.Sequential, prefix: str) -> LaneLayer:
    # Not `named_children`, which skips the second use of a layer.
    return Chain([lower(part, f"{prefix}{name}.") for name, part in module._modules.items() if part is not None])


def _linear(module: nn.Linear, prefix: str) -> LaneLayer:
    return Linear(prefix, module.in_features, module.out_features, module.bias is not None)


def _relu(module: nn.ReLU, prefix: str) -> LaneLayer:
    return ReLU()


def _flatten(module: nn.Flatten, prefix: str) -> LaneLayer:
    if (module.start_dim, module.end_dim) != (1, -1):
        return _lane_by_lane(module, prefix)
    return Reshape(lambda x: x.flatten(2))


def _lane_by_lane(module: nn.Module, prefix: str) -> LaneLayer:
    tensors = chain(module.named_parameters(), module.named_buffers())  # the state dict lacks non-persistent buffers
    keys = {name: f"{prefix}{name}" for name, _ in tensors}

    def of_lanes(params: Params, *inputs: Tensor) -> list[Any]:
        """What the module returns in each lane."""
        lanes = ({name: params[key][lane] for name, key in keys.items()} for lane in range(len(inputs[0])))
        return [functional_call(module, leaves, tuple(rows)) for leaves, *rows in zip(lanes, *inputs, strict=True)]

    def run(params: Params, x: Tensor) -> Tensor:
        return torch.stack(of_lanes(params, x))

    def unroll(params: Params, x: Tensor, memory: Tensor, begins: Tensor) -> tuple[Tensor, Tensor]:
        outputs, memories = zip(*of_lanes(params, x, memory, begins), strict=True)
        return torch.stack(outputs), torch.stack(memories)

    if memory_size(module):
        return Unrolled(unroll, memory_size(module), prefix)
    return Autograd(run, prefix, trained=bool(keys))


def memory_size(module: nn.Module) -> int:
    """How many numbers a network carries from step to step of an episode; most carry none."""
    return int(getattr(module, "memory_size", 0))


def _embedding(module: nn.Embedding, prefix: str) -> LaneLayer:
    known = module.padding_idx is None and module.max_norm is None
    return Lookup(prefix, module.num_embeddings, module.embedding_dim) if known else _lane_by_lane(module, prefix)


def _convolution(module: nn.Conv2d, prefix: str) -> LaneLayer:
    known = module.padding_mode == "zeros" and not isinstance(module.padding, str)
    return Convolution(module, prefix) if known else _lane_by_lane(module, prefix)


def _layer_norm(module: nn.LayerNorm, prefix: str) -> LaneLayer:
    known = len(module.normalized_shape) == 1 and module.bias is not None  # without a weight there is no bias either
    return LayerNorm(module, prefix) if known else _lane_by_lane(module, prefix)


RULES: dict[type[nn.Module], Callable[..., LaneLayer]] = {
    nn.Sequential: _sequential,
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.LayerNorm: _layer_norm,
    nn.ReLU: _relu,
    nn.Embedding: _embedding,
    nn.Flatten: _flatten,
}
