import torch
from torch import nn
from torch.nn.functional import avg_pool2d, relu


class Layer(nn.Module):
    def __init__(self, channels, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv1(relu(self.norm1(x)))
        y = self.conv2(relu(self.norm2(y)))
        return torch.cat([x, y], 1)


class Transition(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, channels // 2, 1, bias=False)

    def forward(self, x):
        return avg_pool2d(self.conv(relu(self.norm(x))), 2)


class DenseNet121(nn.Module):
    def __init__(self, growth=8):
        super().__init__()
        channels = 2 * growth
        parts = [nn.Conv2d(1, channels, 3, padding=1, bias=False), nn.MaxPool2d(2)]
        for place, depth in enumerate((6, 12, 24, 16)):
            if place > 0:
                parts.append(Transition(channels))
                channels //= 2
            for _ in range(depth):
                parts.append(Layer(channels, growth))
                channels += growth
        self.features = nn.Sequential(*parts)
        self.norm = nn.BatchNorm2d(channels)
        self.fc = nn.Linear(channels, 10)

    def forward(self, x):
        x = relu(self.norm(self.features(x)))
        return self.fc(x.mean((2, 3)))
