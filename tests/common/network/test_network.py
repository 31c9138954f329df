import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from stages.common.computing.precision import has_bfloat16
from stages.common.cues.tasks import TASKS
from stages.common.network.network import (
    CONVOLUTIONS,
    FILTERS,
    GROUPS,
    Architecture,
    Batch,
    Network,
    channels_last,
    load_network,
    pictures_to_network,
    to_network,
)

ANSWERS = {"arrow": (2,), "irregularity": (2,), "middle": ("channels", "size", "size"), "distillation": ("said",)}
VARIANTS = [(depth, width) for depth in CONVOLUTIONS for width in FILTERS]


def drawn_network(depth="shallow", width="narrow", size=32, channels=1, classes=0, features=7, tasks=tuple(TASKS)):
    """A network none of whose parameters has the value at which it has no effect."""
    torch.manual_seed(0)
    network = Network(Architecture(depth, width, size, channels, classes, features, tasks))
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
    return network.eval()


def drawn_batch(network, frames=5, count=2):
    """Tubes, pictures, class scores and vectors, all drawn."""
    facts = network.architecture
    shape = count, facts.channels, frames, facts.size, facts.size
    pictures, scores = torch.rand(count, facts.channels, facts.size, facts.size), torch.rand(count, facts.classes)
    return Batch(network, torch.rand(shape), torch.rand(shape), pictures, scores, torch.randn(count, facts.features))


def answers(network, batch):
    """What each head says, by task."""
    seen = {"arrow": batch.forward, "irregularity": batch.skipping, "middle": batch.without_middle}
    seen["distillation"] = batch.looks
    return {task: head(seen[task]) for task, head in network.heads.items()}


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
    batch = drawn_batch(network)
    assert batch.forward.shape == (2, FILTERS[width][-1], size // 8, size // 8)
    sizes = {"channels": channels, "size": size, "said": classes + 7}
    for task, answer in answers(network, batch).items():
        assert answer.shape == (2, *(sizes.get(side, side) for side in ANSWERS[task])), task


def test_a_network_has_the_heads_of_the_tasks_that_it_is_built_for_in_their_order():
    for tasks in ((), ("middle",), ("arrow", "distillation")):
        assert tuple(drawn_network(tasks=tasks).heads) == tasks


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_what_comes_from_tubes_is_convolved_with_channels_last(channels, precision):
    if precision == torch.bfloat16 and not has_bfloat16("cpu"):
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


def test_a_picture_comes_to_the_network_as_the_frame_of_a_tube_does():
    tubes = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 4, 3), dtype=np.uint8)
    device = torch.device("cpu")
    assert torch.equal(pictures_to_network(tubes[:, 1], device), to_network(tubes, device)[:, :, 1])


def test_cross_entropy_of_two_by_hand():
    normal = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    changed = torch.tensor([[1.0, 0.0], [0.0, 3.0]])

    def surprise(right, wrong):
        return -math.log(math.exp(right) / (math.exp(right) + math.exp(wrong)))

    of_normal = (surprise(2, 0) + surprise(0, 0)) / 2
    of_changed = (surprise(0, 1) + surprise(3, 0)) / 2
    assert Network.two_way(normal, changed).item() == pytest.approx((of_normal + of_changed) / 2)


def test_cross_entropy_is_that_of_a_coin_where_nothing_is_known_and_0_where_all_is():
    unsure, sure = torch.zeros(5, 2), torch.tensor([[50.0, -50.0]])
    assert Network.two_way(unsure, unsure).item() == pytest.approx(math.log(2))
    assert Network.two_way(sure, -sure).item() == pytest.approx(0)
    assert Network.two_way(-sure, sure).item() == pytest.approx(100)


@pytest.mark.parametrize("frames", [3, 5, 7])
@torch.inference_mode()
def test_what_the_network_sees_of_a_batch_is_its_tubes_turned_skipping_and_without_the_middle(frames):
    network = drawn_network(channels=3)
    batch, half = drawn_batch(network, frames), frames // 2
    tubes, trunk = batch.regular, network.trunk
    assert torch.equal(batch.forward, trunk(tubes))
    assert torch.equal(batch.backward, trunk(tubes[:, :, list(range(frames))[::-1]]))
    assert torch.equal(batch.skipping, trunk(batch.irregular))
    rest = tubes[:, :, [time for time in range(frames) if time != half]]
    assert torch.equal(batch.without_middle, trunk.unpooled(rest)) and torch.equal(batch.middle, tubes[:, :, half])
    assert torch.equal(batch.looks, trunk.of_pictures(batch.pictures))


def test_what_the_network_sees_of_a_batch_is_calculated_once_and_only_when_asked_for():
    network = drawn_network()
    calls = []
    network.trunk.register_forward_hook(lambda *_: calls.append(1))
    batch = drawn_batch(network)
    assert not calls
    assert batch.forward is batch.forward and len(calls) == 1


@pytest.mark.parametrize(("depth", "width"), VARIANTS)
@torch.inference_mode()
def test_a_saved_network_comes_back_whole(tmp_path, depth, width):
    network = drawn_network(depth, width, channels=3, classes=4)
    network.teacher_mean.normal_()
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, tmp_path / "model.safetensors")
    card = json.loads(json.dumps(asdict(network.architecture)))
    torch.manual_seed(99)
    loaded = load_network(tmp_path / "model.safetensors", card)
    assert loaded.architecture == network.architecture and not loaded.training
    batch, vectors = drawn_batch(network), torch.rand(2, 7)
    found, expected = (answers(each, replace(batch, network=each)) for each in (loaded, network))
    for task in TASKS:
        assert torch.equal(found[task], expected[task]), task
    assert torch.equal(loaded.standardised(vectors), network.standardised(vectors))
