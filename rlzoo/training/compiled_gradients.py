"""The loss and its gradient as one program, which torch.compile translates to C++."""

from __future__ import annotations

import sys
from typing import Any, cast

import torch
from torch import Tensor

from rlzoo.contracts import Batch, Objective
from rlzoo.contracts.errors import OptionError
from rlzoo.lanes.params import Params, Predict
from rlzoo.lanes.rows import pack


class CompiledGradients:
    """What `LayerGradients` does, by autograd and translated at the first call, which takes up to a minute.

    The translation is kept on disk. What cannot be translated, such as NumPy in an objective, splits the program into
    parts, and is run as it is. Rounding differs from that of `LayerGradients`, and may depend on the number of lanes.

    Raises OptionError if there is no compiler.
    """

    def __init__(self, network: Predict, objective: Objective, row: Tensor, trained: Params) -> None:
        assert row.grad is not None
        _check_compiler(row.device)
        import torch._dynamo.config
        from torch._inductor.compile_fx import compile_fx

        def loss_and_gradient(online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
            loss, td_error = objective(network, online, target, batch)
            lane_loss = (loss * batch.weight).mean(-1)
            leaves = [online[name] for name in trained]
            found = torch.autograd.grad(lane_loss.sum(), leaves, materialize_grads=True)
            return lane_loss.detach(), td_error, pack(dict(zip(trained, found, strict=True)))

        def translate(graph: Any, inputs: Any) -> Any:
            self.parts += 1
            return compile_fx(graph, inputs)

        torch._dynamo.config.trace_autograd_ops = True  # otherwise each call of autograd splits the program
        torch._dynamo.config.accumulated_recompile_limit = sys.maxsize  # a study trains many groups in a process
        self.parts = 0
        # Shapes stay as they are; without saying so, another group in the same process would make them variable.
        self._row, compile = row.grad, cast(Any, torch.compile)  # its stubs lack `isolate_recompiles`
        self._program = compile(loss_and_gradient, backend=translate, dynamic=False, isolate_recompiles=True)

    @property
    def engine(self) -> str:
        """How they are computed, for the manifest."""
        return f"torch.compile, in {self.parts} parts" if self.parts > 1 else "torch.compile"

    def __call__(self, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """Write the gradient of the weighted mean loss to the row; returns that loss `[L]` and the errors `[L, B]`."""
        loss, td_error, gradient = self._program(online, target, batch)
        self._row.copy_(gradient)
        return loss, td_error


def _check_compiler(device: torch.device) -> None:
    """Raise OptionError if torch.compile has nothing to translate with."""
    if device.type == "cuda":
        from torch.utils._triton import has_triton

        if not has_triton():
            raise OptionError("`train.compile` needs Triton to compile for a GPU; install it with `pip install triton`")
        return
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        raise OptionError(
            "`train.compile` needs a C++ compiler, and there is none; install g++, or set CXX to the path of one"
        ) from None
