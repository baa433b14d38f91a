import numpy as np
import pytest
import torch

from belvedere.core.errors import UsageError
from belvedere.record.capture.transfer import TorchTransfer


def test_tensors_of_several_types_arrive_in_order_and_shape() -> None:
    values = [torch.tensor(1.5), torch.arange(6).reshape(2, 3), torch.tensor([2.5, 3.5]), torch.tensor(True)]
    transfer = TorchTransfer(values)
    assert transfer.is_done()
    arrays = transfer.arrays()
    for array, value in zip(arrays, values, strict=True):
        np.testing.assert_array_equal(array, value.numpy())
        assert array.shape == tuple(value.shape)
    assert [array.dtype.kind for array in arrays] == ["f", "i", "f", "b"]


def test_what_travels_is_the_value_at_the_call() -> None:
    value = torch.tensor(1.0)
    transfer = TorchTransfer([value])
    value.add_(1)
    assert transfer.arrays()[0] == 1.0


def test_bfloat16_travels_as_float32() -> None:
    [array] = TorchTransfer([torch.tensor(1.5, dtype=torch.bfloat16)]).arrays()
    assert array.dtype == np.float32
    assert array.item() == 1.5


def test_a_tensor_with_a_graph_may_be_logged() -> None:
    weight = torch.ones(2, requires_grad=True)
    [array] = TorchTransfer([weight.sum()]).arrays()
    assert array.item() == 2.0


def test_values_of_other_libraries_are_refused() -> None:
    with pytest.raises(UsageError, match="apart"):
        TorchTransfer([torch.tensor(1.0), np.float32(1)])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_cuda_scalar_arrives_without_a_synchronisation() -> None:
    loss = torch.ones(4, device="cuda", requires_grad=True).sum()
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        transfer = TorchTransfer([loss])
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.cuda.synchronize()
    assert transfer.is_done()
    assert transfer.arrays()[0].item() == 4.0
