"""What people type first: each line works, or is answered with the line to type; no framework is imported."""

from __future__ import annotations

import pytest
from command_line import run

from diptych.common.errors import DiptychError
from diptych.common.listed import _spelled
from diptych.common.registry import network, networks
from diptych.common.spoken import squeezed

MEANT = {  # what people call a network: its name here
    "ResNet50": "resnet50",
    "resnet-50": "resnet50",
    " resnet50 ": "resnet50",
    "EfficientNetB0": "efficientnet_b0",
    "EfficientNet-B0": "efficientnet_b0",
    "tf_efficientnet_b0": "efficientnet_b0.tf",
    "tf_efficientnet_b0.ns_jft_in1k": "efficientnet_b0.tf",
    "timm/resnet50.a1_in1k": "resnet50",
    "hf-hub:timm/resnet18.tv_in1k": "resnet18",
    "timm/efficientnet_b5": "efficientnet_b5.timm",
    "torchvision/efficientnet_b5": "efficientnet_b5",
    "mobilenetv3_large_100": "mobilenet_v3_large.timm",
    "timm/mobilenetv3_large_100.ra_in1k": "mobilenet_v3_large.timm",
    "MobileNetV3Large": "mobilenet_v3_large",
    "keras.applications.MobileNetV3Large": "mobilenet_v3_large.keras",
    "torchvision.models.resnet50": "resnet50",
    "torchvision.models.resnet.resnet50": "resnet50",
    "torchvision.models.googlenet": "googlenet_torchvision_bn",
    "torchvision.models.alexnet": "alexnet_torchvision",
    "pytorch/vision:v0.10.0/resnet18": "resnet18",
    "models.vgg16": "vgg16_d",
    "keras.applications.ResNet50": "resnet50.keras",
    "tf.keras.applications.resnet50.ResNet50": "resnet50.keras",
    "keras.applications.MobileNet": "mobilenet_v1_100.keras",
    "keras.applications.VGG16": "vgg16_d",
    "ResNet50V2": "preresnet50.keras",
    "microsoft/resnet-50": "resnet50",
    "efficientnet_pytorch/efficientnet-b0": "efficientnet_b0.tf",
    "VGG-16": "vgg16_d",
    "densenet-121": "densenet121",
    "squeezenet1.1": "squeezenet1_1",
    "shufflenet_v2_x1.0": "shufflenet_v2_x1_0",
    "YOLOv4-tiny": "yolov4_tiny",
    "SE-ResNet-50": "se_resnet50",
    "ResNet50.folded": "resnet50.folded",
}


@pytest.mark.parametrize(("said", "name"), MEANT.items())
def test_a_name_is_heard_as_people_say_it(said: str, name: str) -> None:
    assert network(said).name == name


def test_an_alias_that_says_a_size_says_it_in_other_capitals_too() -> None:
    assert network("YOLOv3-608").asked_size == network("yolov3_608").asked_size == (608, 608)


def test_no_two_networks_are_told_apart_by_capitals_and_dashes_alone() -> None:
    names = {(squeezed(said), network(name).name) for said, name in _spelled().items()}
    assert len(names) == len(dict(names))
    assert all(network(name).name == name for name in networks())


UNHEARD = {  # what is no network, or could be two, and what is said of it
    "resnet": "networks, resnet18, resnet34",
    "EfficientNet": "(`diptych list efficientnet` shows all)",
    "mobilenet": "did you mean 'mobilenet_v1' or 'mobilenet_v2'",
    "resnext50": "did you mean 'resnext50_32x4d'",
    "seresnet50": "did you mean 'se_resnet50'",
    "timm/seresnet50": "there is no network 'timm/seresnet50'",
    "keras.applications.NASNetMobile": "there is no network",
    "vit_b_16": "FILE.py:FUNCTION is a model of your own",
    "resnet50.pth": "there is no network 'resnet50.pth'",
    "": "there is no network ''",
    "r" * 5000: "there is no network",
    "timm/": "there is no network 'timm/'",
}


@pytest.mark.parametrize(("said", "answer"), UNHEARD.items(), ids=[*map(str, range(len(UNHEARD)))])
def test_what_is_none_or_two_is_answered(said: str, answer: str) -> None:
    with pytest.raises(DiptychError) as raised:
        network(said)
    assert answer in str(raised.value)


def test_a_file_states_its_network_by_its_very_name() -> None:
    with pytest.raises(DiptychError, match="there is no network 'ResNet50'"):
        network("ResNet50", exact=True)


WORKS = {  # a line: what the output has
    "-h": "Commands:",
    "--help": "  check     Check that both frameworks compute the same function\n",
    "help": "Commands:",
    "help convert": "Usage:",
    "-V": "diptych ",
    "version": "diptych ",
    "resnet50": "ResNet-50 (resnet50)",
    "ResNet18 --help": "diptych table resnet18",
    "resnet50 -h": "diptych show resnet50",
    "timm/resnet50.a1_in1k": "ResNet-50 (resnet50)",
    "keras.applications.ResNet50": "ResNet-50 (keras.applications)",
    "info ResNet50": "other forms\n- resnet50.keras (keras.applications)",
    "card resnet-50": "ResNet-50 (resnet50)",
    "lenet5_modern --keras": "import keras",
    "source lenet5_modern --pytorch": "import torch",
    "source lenet5_modern --tensorflow": "import keras",
    "lenet5_modern table": "parameters   61,706",
    "Table lenet5_modern": "parameters   61,706",
    "summary lenet5_modern": "parameters   61,706",
    "lenet5_modern lenet_caffe": "form of",
    "table lenet5_modern --num_classes 7": "num_classes=7",
    "table lenet5_modern --input-size 36,32": "1x36x32",
    "show LeNet5-modern": "import keras",
    "list resnet": "se_resnet50",
    "list tf_efficientnet_b0": "efficientnet_b0.tf",
    "list *_v2*": "mobilenet_v2.keras",
    "list resnet keras": "resnet50.keras",
    "list ResNet-50": "resnet50",
    "models": "xception.keras",
    "search ghost": "ghostnet_0_5",
    "resnet": "resnet152.keras",
    "traps padding": "max_pool_pads_with_minus_infinity",
    "traps same stride 2": "same_padding_at_stride_2",
    "traps pooling": "Pooling:",
    "traps lenet5_modern": "nodes: how many of lenet5_modern's meet it",
    "traps kernel-axes": "The axes of a convolution kernel (kernel_axes)",
    "traps kernel axes": "kernel_axes",
}


@pytest.mark.parametrize(("line", "said"), WORKS.items())
def test_a_line_that_works(line: str, said: str) -> None:
    done = run(*line.split())
    assert (done.exit_code, done.stderr) == (0, "")
    assert said in done.stdout


ANSWERED = {  # a line: the line to type, or what is wrong with it
    "source --keras": "For example: diptych source resnet50 --keras",
    "source lenet5_modern": "`diptych source lenet5_modern --keras`",
    "show efficientnet": "(`diptych list efficientnet` shows all)",
    "convert resnet50.pth": "For example: diptych convert resnet50.pth resnet50.keras",
    "convert resnet50.keras": "For example: diptych convert resnet50.keras resnet50.pth",
    "convert resnet50 --to keras": "For example: diptych convert resnet50.pth resnet50.keras",
    "convert resnet50 out.keras": "`diptych source resnet50 --keras`",
    "convert resnet50.pth out.onnx": "`diptych export NETWORK WEIGHTS out.onnx`",
    "convert resnet50.pth out.tflite": "`diptych deploy NETWORK WEIGHTS out.tflite`",
    "convert resnet50.pth saved_model": "`diptych deploy NETWORK WEIGHTS saved_model`",
    "convert gone.pth out.keras": "gone.pth does not exist",
    "identify resnet50": "`diptych card resnet50`",
    "a.pth b.keras": "`diptych convert a.pth b.keras`",
    "check a.pth b.keras": "`diptych compare a.pth b.keras`",
    "check": "such as `diptych check resnet50`",
    "compare resnet50": "For example: diptych compare",
    "resnet50 a.pth": "`diptych convert a.pth out.keras --network resnet50`",
    "my.py:make": "`diptych convert my.py:make out.keras --example 1x3x224x224`",
    "a.pth": "a.pth does not exist",
    "download resnet50": "tv.models.resnet50(weights='DEFAULT')",
    "create_model resnet50": "diptych.build('resnet50', 'torch')",
    "onnx resnet50": "`diptych export resnet50 resnet50.pth resnet50.onnx`",
    "shwo resnet50": "No such command 'shwo'; did you mean 'show'",
    "resnet51": "did you mean 'resnet50'",
    "zzzzzz": "No such command 'zzzzzz', and no network, family or file of that name",
    "list nonsuch": "no network has 'nonsuch' in its name, family or title",
    "list --family resnets": "there is no family 'resnets'; did you mean 'resnet'",
    "traps nonsuch": "there is no trap 'nonsuch'",
    "draw lenet5_modern": "`diptych draw lenet5_modern -o lenet5_modern.svg`",
    "table lenet5_modern --num-classes ten": "expected a whole number, such as 10, not 'ten'",
    "table lenet5_modern --num_classes=1e3": "expected a whole number, such as 10, not '1e3'",
    "table lenet5_modern --classes 10": "No such option: --classes (Possible options: --num-classes)",
    "table lenet5_modern --input-size big": "such as 224 or 256x192, not 'big'",
    "table resnet50 vgg16": "`diptych table --compare resnet50 vgg16`",
    "table resnet50 -O wdith=2": "resnet50 has no option 'wdith'",
    "table": "For example: diptych table resnet50 --num-classes 10",
    "verify gone.keras": "gone.keras",
    "deploy resnet50 resnet50.tflite": "`diptych deploy resnet50 resnet50.pth resnet50.tflite`",
    "export resnet50": "For example: diptych export resnet50 resnet50.pth resnet50.onnx",
    "detect bus.jpg": "For example: diptych detect bus.jpg --weights",
    "plot": "For example: diptych plot -o zoo.svg",
}


@pytest.mark.parametrize(("line", "said"), ANSWERED.items())
def test_a_line_that_is_answered(line: str, said: str) -> None:
    done = run(*line.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stderr.startswith("error: ") or len(done.stderr.splitlines()) == 1
