"""Functions compiled by numba that compiled loops take as arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from numba import boolean, float32, float64, int64, types
from numba.extending import intrinsic

from rlzoo.lanes.jit import jit

Numbers32, Numbers64 = types.Array(float32, 1, "C"), types.Array(float64, 1, "C")

STEP = types.Tuple((float64, boolean))(Numbers64, int64, Numbers32)
"""`(state [S], action, observation [F]) -> (reward, terminated)`: change the state, write the next observation."""
FORWARD = types.void(Numbers32, types.Array(int64, 2, "C"), Numbers32, types.Array(float32, 2, "C"), Numbers32)
"""`(parameters [P], layout, observation [F], scratch [2, W], outputs [A * K])`: write a network's outputs."""
VALUES = types.void(Numbers32, Numbers32, Numbers32)
"""`(outputs [A * K], numbers, q [A])`: write an objective's Q values."""
ACT = int64(Numbers32, Numbers64, Numbers64)
"""`(q [A], draws [D], numbers [P]) -> action`, given uniform draws and the policy's numbers."""


class Compiled:
    """A function with one signature, compiled when it is first needed and then kept on disk.

    Compiled loops call it by its address, so a loop is compiled only once for all functions of a signature.
    """

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        self.function, self.signature = function, signature

    @cached_property
    def dispatcher(self) -> Any:
        """What numba made of the function."""
        return jit(self.function, self.signature)

    @cached_property
    def address(self) -> int:
        """Where the machine code is."""
        result = self.dispatcher.overloads[self.signature.args]
        return int(result.library.get_pointer_to_function(result.fndesc.llvm_func_name))

    def compile(self) -> None:
        """Compile it, or load it, if that has not been done."""
        _ = self.dispatcher

    def __call__(self, *arguments: Any) -> Any:
        """The function, compiled."""
        return self.dispatcher(*arguments)


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Compiled]:
    """Decorate a function that numba can compile: `@compiled(STEP)`."""
    return lambda function: Compiled(function, signature)


def caller(signature: Any) -> Any:
    """What calls a function of this signature in compiled code: `call(address, (argument, ...))`.

    Numba can take functions themselves as arguments, but needs about 8 us for each at every call.
    """

    @intrinsic
    def call(typing: Any, address: Any, arguments: Any) -> Any:
        def generate(context: Any, builder: Any, _: Any, values: Any) -> Any:
            convention, count = context.call_conv, len(signature.args)
            kind = convention.get_function_type(signature.return_type, signature.args)
            pointer = builder.inttoptr(values[0], kind.as_pointer())
            given = [builder.extract_value(values[1], place) for place in range(count)]
            _, result = convention.call_function(builder, pointer, signature.return_type, signature.args, given)
            return result

        return signature.return_type(int64, types.Tuple(signature.args)), generate

    return call
