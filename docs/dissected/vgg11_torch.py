from torch import nn

PLAN = [16, "M", 32, "M", 64, 64, "M", 128, 128, "M", 128, 128, "M"]


class VGG11(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [], 1
        for width in PLAN:
            if width == "M":
                layers.append(nn.MaxPool2d(2))
            else:
                layers.append(nn.Conv2d(channels, width, 3, padding=1))
                layers.append(nn.BatchNorm2d(width))
                layers.append(nn.ReLU())
                channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(128, 256),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(256, 256),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(256, 10),
        )

    def forward(self, x):
        return self.classifier(self.features(x))
