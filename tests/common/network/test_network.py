import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from stages.common.computing.precision import precision_on
from stages.common.network.network import (
    CONVOLUTIONS,
    FILTERS,
    GROUPS,
    Architecture,
    Network,
    architecture_card,
    channels_last,
    load_network,
    to_network,
)

VARIANTS = [(depth, width) for depth in CONVOLUTIONS for width in FILTERS]


def drawn_network(depth="shallow", width="narrow", size=32, channels=1, classes=0, features=7, seed=0):
    """A network none of whose parameters has the value at which it has no effect."""
    torch.manual_seed(seed)
    network = Network(Architecture(depth, width, size, channels, classes, features))
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return network.eval()


def naive_trunk(trunk, tubes, last_pooled=True):
    """The trunk by the plainest calls: 3D throughout, in the ordinary layout."""
    tubes, last = tubes.contiguous(), len(trunk.pools) - 1
    for index, (convolution, norm, pool) in enumerate(zip(trunk.convolutions, trunk.norms, trunk.pools, strict=True)):
        tubes = F.conv3d(tubes, convolution.weight.contiguous(), convolution.bias, padding=1)
        if index == last and not last_pooled:
            return F.relu(F.group_norm(tubes.amax(2), GROUPS, norm.weight, norm.bias))
        if pool:
            tubes = F.max_pool3d(tubes, (1, 2, 2))
        tubes = F.relu(F.group_norm(tubes, GROUPS, norm.weight, norm.bias))
    return tubes.amax(2)


@pytest.mark.parametrize(("depth", "width"), VARIANTS)
@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("classes", [0, 80])
@torch.inference_mode()
def test_every_variant_gives_every_task_its_shape(depth, width, size, channels, classes):
    network = drawn_network(depth, width, size, channels, classes)
    features = network.trunk(torch.rand(2, channels, 5, size, size))
    assert features.shape == (2, FILTERS[width][-1], size // 8, size // 8)
    assert network.arrow(features).shape == network.irregularity(features).shape == (2, 2)
    assert network.middle(torch.rand(2, channels, 4, size, size)).shape == (2, channels, size, size)
    scores, vectors = network.distillation(torch.rand(2, channels, size, size))
    assert scores.shape == (2, classes) and vectors.shape == (2, 7)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_what_comes_from_tubes_is_convolved_with_channels_last(channels, precision):
    if precision == torch.bfloat16 and precision_on("auto", "cpu") == "float32":
        pytest.skip("this processor has no bfloat16, and torch convolves in its own layout then")
    tubes = np.random.default_rng(0).integers(0, 256, (2, 5, 16, 16, channels), dtype=np.uint8)
    network = drawn_network(size=16, channels=channels)
    inputs = to_network(tubes, torch.device("cpu"))
    layouts = []
    for convolution in network.trunk.convolutions:
        convolution.register_forward_hook(lambda _, given, answer: layouts.append(answer))
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        rest = torch.cat([inputs[:, :, :2], inputs[:, :, 3:]], 2)
        for tube in (inputs, inputs.flip(2), rest, inputs.contiguous()):
            network.trunk(tube)
        assert channels_last(inputs[:, :, 2]).stride(1) == channels_last(rest).stride(1) == 1
    assert len(layouts) == 12 and all(answer.dtype == precision for answer in layouts)
    # By their strides: `is_contiguous` says yes to either layout where there is one channel.
    assert all(answer.stride(1) == 1 for answer in layouts)


def test_depth_is_the_number_of_convolutions_per_block_and_width_their_filters():
    for depth, width in VARIANTS:
        trunk = drawn_network(depth, width).trunk
        expected = [filters for filters in FILTERS[width] for _ in range(CONVOLUTIONS[depth])]
        assert [convolution.out_channels for convolution in trunk.convolutions] == expected
        assert sum(trunk.pools) == 3


@pytest.mark.parametrize(("depth", "width"), VARIANTS)
@pytest.mark.parametrize("frames", [1, 4, 7])
@torch.inference_mode()
def test_the_trunk_equals_its_naive_form(depth, width, frames):
    trunk = drawn_network(depth, width, channels=3).trunk
    tubes = torch.rand(3, 3, frames, 32, 32)
    assert trunk(tubes).std() > 0.1
    torch.testing.assert_close(trunk(tubes), naive_trunk(trunk, tubes), atol=1e-5, rtol=1e-5)
    expected = naive_trunk(trunk, tubes, last_pooled=False)
    assert expected.shape[2:] == (8, 8) and expected.std() > 0.1
    torch.testing.assert_close(trunk.unpooled(tubes), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("depth", "width"), VARIANTS)
@pytest.mark.parametrize("channels", [1, 3])
@torch.inference_mode()
def test_a_picture_is_a_tube_of_one_frame(depth, width, channels):
    trunk = drawn_network(depth, width, channels=channels).trunk
    pictures = torch.rand(3, channels, 32, 32)
    torch.testing.assert_close(trunk.of_pictures(pictures), trunk(pictures[:, :, None]), atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_a_tubes_features_do_not_depend_on_the_other_tubes_of_its_batch():
    trunk = drawn_network().trunk
    tubes = torch.rand(4, 1, 5, 32, 32)
    alone = torch.cat([trunk(tube[None]) for tube in tubes])
    torch.testing.assert_close(trunk(tubes), alone, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_the_trunk_sees_the_order_of_frames():
    trunk = drawn_network().trunk
    tubes = torch.rand(2, 1, 5, 32, 32)
    assert (trunk(tubes) - trunk(tubes.flip(2))).abs().max() > 0.01


def test_pixels_come_to_the_network_as_0_to_1_channels_first():
    tubes = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 5, 3), dtype=np.uint8)
    tubes[0, 0, 0, 0] = 0, 255, 51
    given = to_network(tubes, torch.device("cpu"))
    assert given.shape == (2, 3, 3, 4, 5) and given.dtype == torch.float32
    torch.testing.assert_close(given[0, :, 0, 0, 0], torch.tensor([0, 1, 0.2]))
    for n, c, t, y, x in [(1, 2, 1, 3, 4), (0, 1, 2, 0, 3), (1, 0, 0, 2, 1)]:
        assert given[n, c, t, y, x].item() == pytest.approx(tubes[n, t, y, x, c] / 255)


def test_the_teachers_vectors_are_learnt_as_deviations_from_their_mean():
    network = drawn_network(features=2)
    network.teacher_mean.copy_(torch.tensor([1.0, -2.0]))
    network.teacher_deviation.copy_(torch.tensor([2.0, 0.5]))
    torch.testing.assert_close(network.standardised(torch.tensor([[5.0, -2.5]])), torch.tensor([[2.0, -1.0]]))


@pytest.mark.parametrize(("depth", "width"), VARIANTS)
@torch.inference_mode()
def test_a_saved_network_comes_back_whole(tmp_path, depth, width):
    network = drawn_network(depth, width, channels=3, classes=4)
    network.teacher_mean.normal_()
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, tmp_path / "model.safetensors")
    card = json.loads(json.dumps(architecture_card(network.architecture)))
    torch.manual_seed(99)
    loaded = load_network(tmp_path, card)
    assert loaded.architecture == network.architecture and not loaded.training
    tubes, vectors = torch.rand(2, 3, 5, 32, 32), torch.rand(2, 7)
    for answer in (
        lambda n: n.arrow(n.trunk(tubes)),
        lambda n: n.irregularity(n.trunk(tubes)),
        lambda n: n.middle(tubes),
        lambda n: torch.cat(n.distillation(tubes[:, :, 0]), 1),
        lambda n: n.standardised(vectors),
    ):
        torch.testing.assert_close(answer(loaded), answer(network), rtol=0, atol=0)
