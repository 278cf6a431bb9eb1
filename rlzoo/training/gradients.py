"""The loss of a batch in every lane, and its gradient."""

from __future__ import annotations

from torch import Tensor

from rlzoo.contracts import Batch, Objective
from rlzoo.lanes.kernels import offered
from rlzoo.lanes.layer import LaneLayer
from rlzoo.lanes.params import Params
from rlzoo.lanes.recording import Recording
from rlzoo.lanes.rows import views


class LayerGradients:
    """Layers compute their gradients one by one; autograd only finds that of a loss that has no closed form.

    Gradients are written to `row.grad` `[L, P]`, where `row` consists of the `trained` parameters.
    """

    def __init__(self, network: LaneLayer, objective: Objective, row: Tensor, trained: Params) -> None:
        assert row.grad is not None
        self.network, self.objective, self.trained = network, objective, trained
        self._closed_form = offered(objective, "closed_form", "__call__")
        self._row, self._gradients = row.grad, views(row.grad, trained)

    @property
    def engine(self) -> str:
        """How they are computed, for the manifest."""
        by_autograd = [*([] if self._closed_form else ["the loss"]), *self.network.by_autograd]
        return f"autograd for {', '.join(by_autograd)}" if by_autograd else "closed form"

    def __call__(self, online: Params, target: Params, batch: Batch) -> tuple[Tensor, Tensor]:
        """Write the gradient of the weighted mean loss; returns that loss `[L]` and the TD errors `[L, B]`."""
        predict = Recording(self.network, self.trained)
        self._row.zero_()
        # A mean over the batch, and a sum over lanes: a lane's gradient does not depend on how many there are.
        weight = batch.weight.expand_as(batch.index) * (1 / batch.index.shape[1])
        if self._closed_form is None:
            loss, td_error = self.objective(predict, online, target, batch)
            predict.backward(loss, self._gradients, weight)
        else:
            loss, td_error, slope = self._closed_form(predict, online, target, batch, weight)
            predict.backward_from(slope, self._gradients)
        return (loss.detach() * batch.weight).mean(-1), td_error
