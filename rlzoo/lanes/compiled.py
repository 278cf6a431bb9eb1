"""Functions compiled by numba that compiled loops take as arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from numba import boolean, float32, float64, int64, njit, types
from numba.core.types.function_type import WrapperAddressProtocol

Numbers32, Numbers64 = types.Array(float32, 1, "C"), types.Array(float64, 1, "C")

STEP = types.Tuple((float64, boolean))(Numbers64, int64, Numbers32)
"""`(state [S], action, observation [F]) -> (reward, terminated)`: change the state, write the next observation."""
FORWARD = types.void(Numbers32, types.Array(int64, 2, "C"), Numbers32, types.Array(float32, 2, "C"), Numbers32)
"""`(parameters [P], layout, observation [F], scratch [2, W], outputs [A * K])`: write a network's outputs."""
VALUES = types.void(Numbers32, Numbers32, Numbers32)
"""`(outputs [A * K], numbers, q [A])`: write an objective's Q values."""
ACT = int64(Numbers32, Numbers64, Numbers64)
"""`(q [A], draws [D], numbers [P]) -> action`, given uniform draws and the policy's numbers."""


class Compiled(WrapperAddressProtocol):
    """A function with one signature, compiled when it is first needed and then kept on disk.

    A compiled loop gets its address, so the loop itself is compiled only once for all such functions.
    """

    def __init__(self, function: Callable[..., Any], signature: Any) -> None:
        self.function, self._signature = function, signature
        self._numba_type_ = types.FunctionType(signature)  # else numba works it out anew at every call

    @cached_property
    def dispatcher(self) -> Any:
        """What numba made of the function."""
        return njit(self._signature, cache=True, error_model="numpy")(self.function)

    @cached_property
    def _address(self) -> int:
        result = self.dispatcher.overloads[self._signature.args]
        return int(result.library.get_pointer_to_function(result.fndesc.llvm_cfunc_wrapper_name))

    def __wrapper_address__(self) -> int:
        """Where the machine code is."""
        return self._address

    def signature(self) -> Any:
        """The types of its arguments and its result."""
        return self._signature

    def __call__(self, *arguments: Any) -> Any:
        """The function, compiled."""
        return self.dispatcher(*arguments)


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Compiled]:
    """Decorate a function that numba can compile: `@compiled(STEP)`."""
    return lambda function: Compiled(function, signature)
