"""Networks as people write them: of courses and papers, and of the ways that PyTorch's code has."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def double(inside: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(inside, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)),
        *(nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True)),
    )


class Up(nn.Module):
    """To the size of the map that it is joined with."""

    def __init__(self, inside: int, out: int) -> None:
        super().__init__()
        self.conv = double(inside, out)

    def forward(self, x: Tensor, skip: Tensor) -> Any:
        x = F.interpolate(x, size=skip.shape[2:], mode="bilinear", align_corners=True)
        return self.conv(torch.cat([skip, x], dim=1))


class UNet(nn.Module):
    """A U-Net of three levels (Ronneberger et al. 2015)."""

    def __init__(self, width: int = 4, classes: int = 2) -> None:
        super().__init__()
        self.inc = double(3, width)
        self.downs = nn.ModuleList([double(width, 2 * width), double(2 * width, 4 * width)])
        self.ups = nn.ModuleList([Up(6 * width, 2 * width), Up(3 * width, width)])
        self.outc = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Any:
        maps = [self.inc(x)]
        for down in self.downs:
            maps.append(down(F.max_pool2d(maps[-1], 2)))
        x = maps.pop()
        for up in self.ups:
            x = up(x, maps.pop())
        return self.outc(x)


class Gate(nn.Module):
    """Squeeze and excitation, by linear layers or by convolutions."""

    def __init__(self, channels: int, linear: bool) -> None:
        super().__init__()
        self.linear = linear
        self.pool = nn.AdaptiveAvgPool2d(1)
        layer: Any = nn.Linear if linear else (lambda a, b: nn.Conv2d(a, b, 1))
        self.fc = nn.Sequential(layer(channels, 2), nn.ReLU(inplace=True), layer(2, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Any:
        if not self.linear:
            return x * self.fc(self.pool(x))
        images, channels, _, _ = x.size()
        y = self.fc(self.pool(x).view(images, channels)).view(images, channels, 1, 1)
        return x * y.expand_as(x)


class Gated(nn.Module):
    """Two blocks with gates, and a head with a mean."""

    def __init__(self, linear: bool) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.gates = nn.Sequential(Gate(6, linear), Gate(6, linear))
        self.head = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Any:
        return self.head(self.gates(F.leaky_relu(self.stem(x), 0.2)).mean((2, 3)))


class Shuffled(nn.Module):
    """Halves of the channels, dealt out by views as in ShuffleNetV2, and groups by stack."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.branch = nn.Sequential(nn.Conv2d(4, 4, 1), nn.ReLU6())
        self.last = nn.Conv2d(8, 4, 1, groups=2)

    def forward(self, x: Tensor) -> Any:
        a, b = self.conv(x).chunk(2, dim=1)
        x = torch.cat((a, self.branch(b)), 1)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, -1, h, w)
        x = x[:, [7, 1, 2, 3, 4, 5, 6, 0]]
        first, second = torch.split(self.last(x), [1, 3], dim=1)
        return torch.cat([second[:, ::2], first], 1)


class Trunk(nn.Module):
    """A trunk of its own class."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.out = nn.Conv2d(4, 4, 3, stride=2)

    def forward(self, x: Tensor) -> Any:
        return F.silu(self.out(self.body(x)))


class Siamese(nn.Module):
    """One trunk on three channels, then one chain, one layer and one activation twice."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.chain = nn.Sequential(nn.Conv2d(4, 4, 1), nn.Tanh())
        self.layer = nn.Conv2d(4, 4, 1)
        self.act = nn.GELU()

    def forward(self, x: Tensor) -> Any:
        a, b, c = (self.trunk(part) for part in x.split(1, dim=1))
        a, b = self.chain(a), self.chain(b)
        return self.act(self.layer(a * b)) + self.act(self.layer(c))


class Part(nn.Module):
    """A block that is given a layer."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer, self.own = layer, nn.Conv2d(4, 4, 1)

    def forward(self, x: Tensor) -> Any:
        return torch.relu(self.own(self.layer(x)))


class Tied(nn.Module):
    """A layer in two blocks, under two names, and a weight that two layers have."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3)
        layer = nn.Conv2d(4, 4, 3, padding=1)
        self.first, self.second = Part(layer), Part(layer)
        self.a, self.b = nn.Conv2d(4, 4, 1, bias=False), nn.Conv2d(4, 4, 1, bias=False)
        self.b.weight = self.a.weight

    def forward(self, x: Tensor) -> Any:
        return self.b(torch.relu(self.a(self.second(self.first(self.stem(x))))))


class Functional(nn.Module):
    """Calls of functions with parameters of its own, writing in place, and every kind of arithmetic."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.zeros(4, 3, 3, 3))
        self.offset = nn.Parameter(torch.zeros(4))
        self.gamma = nn.Parameter(torch.zeros(4, 1, 1))
        self.beta = nn.Parameter(torch.zeros(1, 4, 1, 1))
        self.layer_scale = nn.Parameter(torch.zeros(4))
        self.factor = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Any:
        x = F.conv2d(x, self.kernel, self.offset, stride=2, padding="valid")
        y = x * self.gamma + self.beta
        y.relu_()
        y += 0.5 * x - 1.25
        y = y.permute(0, 2, 3, 1) * self.layer_scale
        y = F.gelu(y.permute(0, 3, 1, 2), approximate="tanh")
        y = self.factor * (1 - y) - x / 3
        return (-y.clamp(0, 6)) ** 2 + F.dropout(F.hardtanh(y.neg(), 0, 6), 0.3, self.training)


class Padded(nn.Module):
    """Pads: uneven, of a layer, by the size as TensorFlow's SAME, and with minus infinity."""

    def __init__(self) -> None:
        super().__init__()
        self.border = nn.ZeroPad2d((1, 2, 0, 1))
        self.conv = nn.Conv2d(3, 4, 3, stride=2)
        self.down = nn.Conv2d(4, 4, 3, stride=2)
        self.even = nn.Conv2d(4, 4, (2, 4), padding="same")

    def same(self, x: Tensor, kernel: int, stride: int, value: float = 0) -> Tensor:
        sides = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[:1:-1]]
        return F.pad(x, [p for side in sides for p in (side // 2, side - side // 2)], value=value)

    def forward(self, x: Tensor) -> Any:
        x = F.pad(self.conv(self.border(x)), (0, 1, 1, 0), value=0.5)
        x = F.max_pool2d(self.same(x, 3, 2, -float("inf")), 3, 2)
        return self.even(F.hardswish(self.down(self.same(x, 3, 2))))


class Heads(nn.Module):
    """A dict of a map, of a tuple of vectors, and of what follows from them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.fc1, self.fc2 = nn.Linear(4, 3), nn.Linear(3, 2)

    def forward(self, x: Tensor) -> dict[str, Any]:
        x = torch.sigmoid(self.conv(x))
        vector = torch.flatten(F.adaptive_avg_pool2d(x, 1), 1)
        hidden = F.relu(self.fc1(vector))
        return {"map": x, "vectors": (vector, self.fc2(hidden)), "sizes": torch.softmax(hidden, -1)}


class Pair(nn.Module):
    """A tuple."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = F.avg_pool2d(self.conv(x), 3, 2, 1, count_include_pad=False)
        return y, F.interpolate(y, scale_factor=2)


class Flattened(nn.Module):
    """A flatten of a map, so that one size goes."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.5), nn.Linear(4 * (size[0] // 2) * (size[1] // 2), 6), nn.Linear(6, 3)
        )

    def forward(self, x: Tensor) -> Any:
        return self.classifier(self.features(x))


class Squares(nn.Module):
    """Squares of places as channels by views, as TResNet has them."""

    def forward(self, x: Tensor) -> Any:
        x = F.adaptive_avg_pool2d(x, (8, 12))
        n, c, h, w = x.shape
        x = x.view(n, c, h // 4, 4, w // 4, 4).permute(0, 3, 5, 1, 2, 4).contiguous()
        return x.view(n, 16 * c, h // 4, w // 4).relu()
