import pytest
import torch
from torchvision import models

from stages.common.pretrained.torchvision_weights import published_url, with_weights
from stages.common.running.errors import InputError


def test_what_torchvision_publishes_is_known_by_the_name_of_its_file():
    assert published_url("resnet50-11ad3fa6.pth").endswith("/resnet50-11ad3fa6.pth")
    assert published_url("fasterrcnn_resnet50_fpn_v2_coco-dd69338a.pth").startswith("https://")
    assert published_url("yolox_nano.onnx") is None and published_url("") is None


def test_a_network_has_the_weights_of_the_file_and_is_ready_to_answer(tmp_path):
    one, other = (models.get_model("squeezenet1_1") for _ in range(2))
    torch.save(one.state_dict(), tmp_path / "x.pth")
    loaded = with_weights(other, "squeezenet1_1", tmp_path / "x.pth")
    assert not loaded.training
    for name, value in one.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x80\x02c__builtin__\nprint\n"])
def test_what_holds_no_such_weights_is_named(tmp_path, content):
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(InputError, match="x.pth: not the weights of squeezenet1_1: .*; fetch the file again, or name"):
        with_weights(models.get_model("squeezenet1_1"), "squeezenet1_1", tmp_path / "x.pth")
