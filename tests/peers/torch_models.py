# SPDX-License-Identifier: MIT
"""Networks in the shapes that people deploy, small and with seeded random weights.

They are written here, because torchvision and transformers are large and change; what matters is
the operators and idioms that PyTorch's exporters make of them. Each entry of MODELS makes a module
and example inputs by name. Images are 2 x 3 x 64 x 64 where nothing else is said.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

# At opset 9 PyTorch exports no interpolation but nearest with the values it computes itself, and no
# slices with steps; models take the forms that people used then.
OLD = False


def conv_bn(c_in, c_out, kernel=3, stride=1, groups=1, act=nn.ReLU, dilation=1):
    layers = [nn.Conv2d(c_in, c_out, kernel, stride, dilation * (kernel // 2), dilation, groups,
                        bias=False),
              nn.BatchNorm2d(c_out)]
    return nn.Sequential(*layers, *([act()] if act is not None else []))


def head(c_in, classes=10):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(c_in, classes))


class BasicBlock(nn.Module):
    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.conv1 = conv_bn(c_in, c_out, 3, stride)
        self.conv2 = conv_bn(c_out, c_out, 3, act=None)
        self.down = None
        if stride != 1 or c_in != c_out:
            self.down = conv_bn(c_in, c_out, 1, stride, act=None)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        skip = x if self.down is None else self.down(x)
        y = self.conv2(self.conv1(x))
        y += skip
        return self.relu(y)


class Bottleneck(nn.Module):
    def __init__(self, c_in, width, stride, groups=1):
        super().__init__()
        self.body = nn.Sequential(conv_bn(c_in, width, 1), conv_bn(width, width, 3, stride, groups),
                                  conv_bn(width, 4 * width, 1, act=None))
        self.down = None
        if stride != 1 or c_in != 4 * width:
            self.down = conv_bn(c_in, 4 * width, 1, stride, act=None)

    def forward(self, x):
        return F.relu(self.body(x) + (x if self.down is None else self.down(x)))


def resnet18():
    stem = [conv_bn(3, 16, 7, 2), nn.MaxPool2d(3, 2, 1)]
    body = [BasicBlock(16, 16, 1), BasicBlock(16, 16, 1), BasicBlock(16, 32, 2), BasicBlock(32, 32, 1)]
    return nn.Sequential(*stem, *body, head(32))


def resnet50():
    stem = [conv_bn(3, 16, 7, 2), nn.MaxPool2d(3, 2, 1)]
    body = [Bottleneck(16, 8, 1), Bottleneck(32, 8, 1), Bottleneck(32, 16, 2), Bottleneck(64, 16, 1)]
    return nn.Sequential(*stem, *body, head(64))


def resnext():
    return nn.Sequential(conv_bn(3, 32, 3, 2), Bottleneck(32, 16, 1, 4), Bottleneck(64, 16, 2, 8),
                         head(64))


class VGG(nn.Module):
    """Plain convolutions, adaptive pooling to more than one position, dropout."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(True),
                                      nn.MaxPool2d(2, 2), nn.Conv2d(16, 32, 3, padding=1),
                                      nn.ReLU(True), nn.MaxPool2d(2, 2), nn.AdaptiveAvgPool2d(4))
        self.classifier = nn.Sequential(nn.Linear(32 * 16, 64), nn.ReLU(True), nn.Dropout(),
                                        nn.Linear(64, 10), nn.LogSoftmax(1))

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


class InvertedResidual(nn.Module):
    def __init__(self, c_in, c_out, stride, expand, act, se=None):
        super().__init__()
        hidden = c_in * expand
        self.skip = stride == 1 and c_in == c_out
        layers = [conv_bn(c_in, hidden, 1, act=act), conv_bn(hidden, hidden, 3, stride, hidden, act)]
        if se is not None:
            layers.append(SqueezeExcite(hidden, se))
        layers.append(conv_bn(hidden, c_out, 1, act=None))
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.body(x) if self.skip else self.body(x)


class SqueezeExcite(nn.Module):
    def __init__(self, channels, gate):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, max(4, channels // 4), 1)
        self.fc2 = nn.Conv2d(max(4, channels // 4), channels, 1)
        self.act, self.gate = (nn.SiLU(), gate()) if gate is nn.Sigmoid else (nn.ReLU(), gate())

    def forward(self, x):
        return x * self.gate(self.fc2(self.act(self.fc1(self.pool(x)))))


def inverted(act, se):
    blocks = [InvertedResidual(16, 16, 1, 2, act, se), InvertedResidual(16, 24, 2, 3, act, se),
              InvertedResidual(24, 24, 1, 3, act, None)]
    return nn.Sequential(conv_bn(3, 16, 3, 2, act=act), *blocks, conv_bn(24, 64, 1, act=act),
                         nn.Dropout(0.2), head(64))


def mobilenet_v2():
    return inverted(nn.ReLU6, None)


def mobilenet_v3():
    return inverted(nn.Hardswish, nn.Hardsigmoid)


def efficientnet():
    return inverted(nn.SiLU, nn.Sigmoid)


def channel_shuffle(x, groups):
    n, c, h, w = x.size()
    x = x.view(n, groups, c // groups, h, w)
    return torch.transpose(x, 1, 2).contiguous().view(n, c, h, w)


class ShuffleUnit(nn.Module):
    def __init__(self, channels, stride):
        super().__init__()
        half = channels // 2
        self.stride = stride
        c_in = channels if stride == 2 else half
        self.left = nn.Sequential(conv_bn(c_in, c_in, 3, 2, c_in, None), conv_bn(c_in, half, 1))
        self.right = nn.Sequential(conv_bn(c_in, half, 1), conv_bn(half, half, 3, stride, half, None),
                                   conv_bn(half, half, 1))

    def forward(self, x):
        if self.stride == 1:
            a, b = x.chunk(2, dim=1)
            y = torch.cat((a, self.right(b)), dim=1)
        else:
            y = torch.cat((self.left(x), self.right(x)), dim=1)
        return channel_shuffle(y, 2)


class ShuffleNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv_bn(3, 24, 3, 2)
        self.units = nn.Sequential(ShuffleUnit(24, 2), ShuffleUnit(24, 1), ShuffleUnit(24, 1))
        self.fc = nn.Linear(24, 10)

    def forward(self, x):
        return self.fc(self.units(self.stem(x)).mean([2, 3]))


class DenseNet(nn.Module):
    def __init__(self, growth=8):
        super().__init__()
        self.stem = conv_bn(3, 16, 3, 2)
        self.layers, c = nn.ModuleList(), 16
        for _ in range(4):
            self.layers.append(nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 16, 1, bias=False),
                                             nn.BatchNorm2d(16), nn.ReLU(),
                                             nn.Conv2d(16, growth, 3, padding=1, bias=False)))
            c += growth
        self.transition = nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 24, 1, bias=False),
                                        nn.AvgPool2d(2, 2))
        self.head = head(24)

    def forward(self, x):
        features = [self.stem(x)]
        for layer in self.layers:
            features.append(layer(torch.cat(features, 1)))
        return self.head(self.transition(torch.cat(features, 1)))


class Inception(nn.Module):
    """Branches, pooling with ceil_mode and without counting the padding, asymmetric kernels."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, 16, 3, 2), nn.MaxPool2d(3, 2, ceil_mode=True))
        self.b1 = conv_bn(16, 8, 1)
        self.b2 = nn.Sequential(conv_bn(16, 8, 1), nn.Conv2d(8, 8, (1, 5), padding=(0, 2)),
                                nn.Conv2d(8, 12, (5, 1), padding=(2, 0)), nn.ReLU())
        self.b3 = nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), conv_bn(16, 8, 1))
        self.b4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.LocalResponseNorm(5), conv_bn(16, 4, 1))
        self.pool = nn.AvgPool2d(3, 2, 1, ceil_mode=True)
        self.head = head(32)

    def forward(self, x):
        x = self.stem(x)
        return self.head(self.pool(torch.cat([self.b1(x), self.b2(x), self.b3(x), self.b4(x)], 1)))


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.d1, self.d2, self.d3 = conv_bn(3, 8), conv_bn(8, 16), conv_bn(16, 32)
        self.up1 = nn.ConvTranspose2d(32, 16, 2, 2)
        up = nn.Upsample(scale_factor=2) if OLD else nn.Upsample(scale_factor=2, mode="bilinear",
                                                                 align_corners=True)
        self.up2 = nn.Sequential(up, nn.Conv2d(16, 8, 1))
        self.c1, self.c2 = conv_bn(32, 16), conv_bn(16, 8)
        self.out = nn.Conv2d(8, 2, 1)

    def forward(self, x):
        a = self.d1(x)
        b = self.d2(F.max_pool2d(a, 2))
        c = self.d3(F.max_pool2d(b, 2))
        y = self.c1(torch.cat([self.up1(c), b], 1))
        return torch.sigmoid(self.out(self.c2(torch.cat([self.up2(y), a], 1))))


def resize(x, size, mode):
    if OLD:
        return F.interpolate(x, size=size)
    return F.interpolate(x, size=size, mode=mode, align_corners=False)


class DeepLab(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, 16, 3, 2), conv_bn(16, 24, 3, 2))
        self.aspp = nn.ModuleList([conv_bn(24, 8, 1), conv_bn(24, 8, 3, dilation=2),
                                   conv_bn(24, 8, 3, dilation=4)])
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(24, 8, 1), nn.ReLU())
        self.out = nn.Conv2d(32, 5, 1)

    def forward(self, x):
        y = self.stem(x)
        parts = [conv(y) for conv in self.aspp]
        parts.append(resize(self.pool(y), y.shape[-2:], "bilinear"))
        return resize(self.out(torch.cat(parts, 1)), x.shape[-2:], "bilinear")


class Detector(nn.Module):
    """A single-stage detector: SPPF, a top-down pyramid, and boxes decoded from a grid."""

    def __init__(self, classes=4):
        super().__init__()
        self.no, self.na = classes + 5, 3
        self.c3 = nn.Sequential(conv_bn(3, 16, 3, 2, act=nn.SiLU), conv_bn(16, 16, 3, 2, act=nn.SiLU),
                                conv_bn(16, 24, 3, 2, act=nn.SiLU))
        self.c4 = conv_bn(24, 32, 3, 2, act=nn.SiLU)
        self.reduce, self.mix = conv_bn(32, 16, 1, act=nn.SiLU), conv_bn(64, 24, 1, act=nn.SiLU)
        self.merge = conv_bn(48, 24, 3, act=nn.LeakyReLU)
        self.outs = nn.ModuleList([nn.Conv2d(24, self.no * self.na, 1),
                                   nn.Conv2d(24, self.no * self.na, 1)])
        self.register_buffer("anchors", torch.rand(2, 1, self.na, 1, 1, 2) * 4 + 1)

    def spp(self, x):
        x = self.reduce(x)
        pools = [x]
        for _ in range(3):
            pools.append(F.max_pool2d(pools[-1], 5, 1, 2))
        return self.mix(torch.cat(pools, 1))

    def decode(self, y, level, stride):
        n, _, h, w = y.shape
        y = y.view(n, self.na, self.no, h, w).permute(0, 1, 3, 4, 2).contiguous().sigmoid()
        ys, xs = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        grid = torch.stack((xs, ys), 2).view(1, 1, h, w, 2).float()
        xy, wh, rest = y.split((2, 2, self.no - 4), 4)
        xy = (xy * 2 - 0.5 + grid) * stride
        wh = (wh * 2) ** 2 * self.anchors[level]
        return torch.cat((xy, wh, rest), 4).view(n, -1, self.no)

    def forward(self, x):
        c3 = self.c3(x)
        top = self.spp(self.c4(c3))
        up = F.interpolate(top, scale_factor=2.0, mode="nearest")
        fine = self.merge(torch.cat((up, c3), 1))
        return torch.cat((self.decode(self.outs[0](fine), 0, 8.0),
                          self.decode(self.outs[1](top), 1, 16.0)), 1)


class SuperResolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(3, 16, 3), nn.PReLU(16))
        self.body = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.InstanceNorm2d(16, affine=True),
                                  nn.ELU())
        self.tail = nn.Sequential(nn.Conv2d(16, 12, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, x):
        y = self.head(x)
        y = self.tail(y + self.body(y))
        skip = resize(x, y.shape[-2:], "bicubic")
        return torch.clamp(y + skip, -2.0, 2.0)


class ConvNeXtBlock(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dw, self.norm = nn.Conv2d(dim, dim, 7, padding=3, groups=dim), nn.LayerNorm(dim, eps=1e-6)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(torch.rand(dim))

    def forward(self, x):
        y = self.norm(self.dw(x).permute(0, 2, 3, 1))
        y = self.gamma * self.fc2(F.gelu(self.fc1(y)))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 24, 4, 4)
        self.blocks = nn.Sequential(ConvNeXtBlock(24), ConvNeXtBlock(24))
        self.norm, self.fc = nn.LayerNorm(24), nn.Linear(24, 10)

    def forward(self, x):
        return self.fc(self.norm(self.blocks(self.stem(x)).mean([-2, -1])))


class ViT(nn.Module):
    def __init__(self, dim=32, patch=16):
        super().__init__()
        self.patch = nn.Conv2d(3, dim, patch, patch)
        self.cls = nn.Parameter(torch.randn(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, 17, dim) * 0.02)
        layer = nn.TransformerEncoderLayer(dim, 4, 64, activation="gelu", batch_first=True,
                                           norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm, self.fc = nn.LayerNorm(dim), nn.Linear(dim, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.cls.expand(x.shape[0], -1, -1), x), 1) + self.pos
        return self.fc(self.norm(self.encoder(x))[:, 0])


class WindowAttention(nn.Module):
    """A Swin block: cyclic shift, windows, relative position bias and the mask of the shift."""

    def __init__(self, dim=24, size=16, window=4, heads=3, shift=2):
        super().__init__()
        self.window, self.heads, self.shift = window, heads, shift
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.bias = nn.Parameter(torch.randn((2 * window - 1) ** 2, heads) * 0.1)
        at = torch.stack(torch.meshgrid(torch.arange(window), torch.arange(window),
                                        indexing="ij")).flatten(1)
        relative = (at[:, :, None] - at[:, None, :]).permute(1, 2, 0) + window - 1
        self.register_buffer("index", relative[..., 0] * (2 * window - 1) + relative[..., 1])
        region = torch.zeros(1, size, size, 1)
        cuts = (slice(0, -window), slice(-window, -shift), slice(-shift, None))
        for i, rows in enumerate(cuts):
            for j, columns in enumerate(cuts):
                region[:, rows, columns] = 3 * i + j
        region = self.split(region).squeeze(-1)
        mask = region[:, None, :] - region[:, :, None]
        self.register_buffer("mask", mask.masked_fill(mask != 0, -100.0))

    def split(self, x):
        b, h, w, c = x.shape
        s = self.window
        return x.view(b, h // s, s, w // s, s, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, s * s, c)

    def forward(self, x):
        b, h, w, c = x.shape
        s = self.window
        y = self.split(torch.roll(x, (-self.shift, -self.shift), (1, 2)))
        qkv = self.qkv(y).reshape(-1, s * s, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        a = q @ k.transpose(-2, -1) * (c // self.heads) ** -0.5
        a = a + self.bias[self.index.view(-1)].view(s * s, s * s, -1).permute(2, 0, 1).unsqueeze(0)
        n = self.mask.shape[0]
        a = a.view(b, n, self.heads, s * s, s * s) + self.mask.unsqueeze(1).unsqueeze(0)
        a = a.view(-1, self.heads, s * s, s * s).softmax(-1)
        y = self.proj((a @ v).transpose(1, 2).reshape(-1, s * s, c))
        y = y.view(b, h // s, w // s, s, s, c).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, c)
        return torch.roll(y, (self.shift, self.shift), (1, 2))


class Swin(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.patch, self.norm = nn.Conv2d(3, dim, 4, 4), nn.LayerNorm(dim)
        self.attention = WindowAttention(dim)
        self.mlp = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 48), nn.GELU(), nn.Linear(48, dim))
        self.merge = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.fc = nn.Linear(2 * dim, 10)

    def forward(self, x):
        x = self.patch(x).permute(0, 2, 3, 1)
        x = x + self.attention(self.norm(x))
        x = x + self.mlp(x)
        if OLD:
            b, h, w, c = x.shape
            x = x.reshape(b, h // 2, 2, w // 2, 2 * c).permute(0, 1, 3, 2, 4).reshape(b, h // 2, w // 2, -1)
        else:
            x = torch.cat([x[:, i::2, j::2] for j in range(2) for i in range(2)], -1)
        return self.fc(self.merge(x).mean((1, 2)))


class SelfAttention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.out = nn.Linear(dim, dim)

    def split(self, x):
        return x.view(x.size(0), x.size(1), self.heads, -1).permute(0, 2, 1, 3)

    def forward(self, x, mask):
        q, k, v = self.split(self.q(x)), self.split(self.k(x)), self.split(self.v(x))
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(q.size(-1)) + mask
        y = torch.matmul(F.softmax(scores, dim=-1), v).permute(0, 2, 1, 3).contiguous()
        return self.out(y.view(y.size(0), y.size(1), -1))


class Bert(nn.Module):
    def __init__(self, words=50, dim=32, length=16):
        super().__init__()
        self.word, self.kind = nn.Embedding(words, dim), nn.Embedding(2, dim)
        self.position = nn.Embedding(length, dim)
        self.register_buffer("ids", torch.arange(length).unsqueeze(0))
        self.norm = nn.LayerNorm(dim, eps=1e-12)
        self.attention = nn.ModuleList([SelfAttention(dim, 4) for _ in range(2)])
        self.norm1 = nn.ModuleList([nn.LayerNorm(dim, eps=1e-12) for _ in range(2)])
        self.norm2 = nn.ModuleList([nn.LayerNorm(dim, eps=1e-12) for _ in range(2)])
        self.mlp = nn.ModuleList([nn.Sequential(nn.Linear(dim, 64), nn.GELU(), nn.Linear(64, dim))
                                  for _ in range(2)])
        self.pooler = nn.Linear(dim, dim)

    def forward(self, input_ids, attention_mask, token_type_ids):
        n = input_ids.size(1)
        x = self.word(input_ids) + self.kind(token_type_ids) + self.position(self.ids[:, :n])
        x = self.norm(x)
        mask = attention_mask[:, None, None, :].to(x.dtype)
        mask = (1.0 - mask) * torch.finfo(x.dtype).min
        for i in range(2):
            x = self.norm1[i](x + self.attention[i](x, mask))
            x = self.norm2[i](x + self.mlp[i](x))
        return x, torch.tanh(self.pooler(x[:, 0]))


class Gpt(nn.Module):
    def __init__(self, words=50, dim=32, heads=4, length=24):
        super().__init__()
        self.heads = heads
        self.wte, self.wpe = nn.Embedding(words, dim), nn.Embedding(length, dim)
        self.ln1, self.ln2, self.lnf = nn.LayerNorm(dim), nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc, self.out = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)
        self.lm = nn.Linear(dim, words, bias=False)
        self.lm.weight = self.wte.weight
        self.register_buffer("causal", torch.tril(torch.ones(length, length, dtype=torch.bool)))

    def attention(self, x):
        b, t, c = x.shape
        q, k, v = self.qkv(x).split(c, dim=2)
        q, k, v = (y.view(b, t, self.heads, c // self.heads).transpose(1, 2) for y in (q, k, v))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        scores = scores.masked_fill(~self.causal[:t, :t], float("-inf"))
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).contiguous().view(b, t, c))

    def forward(self, input_ids):
        t = input_ids.size(1)
        x = self.wte(input_ids) + self.wpe(torch.arange(0, t, dtype=torch.long).unsqueeze(0))
        x = x + self.attention(self.ln1(x))
        x = x + self.out(F.gelu(self.fc(self.ln2(x)), approximate="tanh"))
        return self.lm(self.lnf(x))


class Llama(nn.Module):
    """RMSNorm, rotary positions, grouped queries, SwiGLU, scaled_dot_product_attention."""

    def __init__(self, words=50, dim=32, heads=4, kv=2):
        super().__init__()
        self.heads, self.kv, self.size = heads, kv, dim // heads
        self.embed = nn.Embedding(words, dim)
        self.norm1, self.norm2 = nn.Parameter(torch.rand(dim) + 0.5), nn.Parameter(torch.rand(dim) + 0.5)
        self.q, self.o = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.k, self.v = (nn.Linear(dim, kv * self.size, bias=False) for _ in range(2))
        self.gate, self.up = (nn.Linear(dim, 64, bias=False) for _ in range(2))
        self.down, self.lm = nn.Linear(64, dim, bias=False), nn.Linear(dim, words, bias=False)
        self.register_buffer("freq", 1.0 / 10000.0 ** (torch.arange(0, self.size, 2) / self.size))

    @staticmethod
    def rms(x, weight):
        return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))

    def rotate(self, x, cos, sin):
        a, b = x[..., : self.size // 2], x[..., self.size // 2:]
        return x * cos + torch.cat((-b, a), -1) * sin

    def attention(self, x):
        b, t, _ = x.shape
        angles = torch.arange(t, dtype=torch.float32)[:, None] * self.freq[None]
        angles = torch.cat((angles, angles), -1)
        cos, sin = angles.cos()[None, None], angles.sin()[None, None]
        q = self.rotate(self.q(x).view(b, t, self.heads, self.size).transpose(1, 2), cos, sin)
        k = self.rotate(self.k(x).view(b, t, self.kv, self.size).transpose(1, 2), cos, sin)
        v = self.v(x).view(b, t, self.kv, self.size).transpose(1, 2)
        n = self.heads // self.kv
        k, v = (y[:, :, None].expand(b, self.kv, n, t, self.size).reshape(b, self.heads, t, self.size)
                for y in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o(y.transpose(1, 2).reshape(b, t, -1))

    def forward(self, input_ids):
        x = self.embed(input_ids)
        x = x + self.attention(self.rms(x, self.norm1))
        y = self.rms(x, self.norm2)
        return self.lm(x + self.down(F.silu(self.gate(y)) * self.up(y)))


class Detr(nn.Module):
    """An encoder-decoder transformer with learnt queries and PyTorch's own attention."""

    def __init__(self, dim=32):
        super().__init__()
        self.backbone = nn.Conv2d(3, dim, 16, 16)
        self.queries, self.pos = nn.Parameter(torch.rand(5, dim)), nn.Parameter(torch.rand(16, dim))
        self.encoder = nn.TransformerEncoderLayer(dim, 4, 48, batch_first=True)
        self.decoder = nn.TransformerDecoderLayer(dim, 4, 48, batch_first=True)
        self.classes, self.boxes = nn.Linear(dim, 4), nn.Linear(dim, 4)

    def forward(self, x):
        memory = self.encoder(self.backbone(x).flatten(2).permute(0, 2, 1) + self.pos)
        y = self.decoder(self.queries.unsqueeze(0).repeat(x.shape[0], 1, 1), memory)
        return self.classes(y), self.boxes(y).sigmoid()


class Speech(nn.Module):
    """One-dimensional convolutions with GroupNorm, gated units and pooling over time."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv1d(1, 16, 10, 5, bias=False), nn.GroupNorm(4, 16),
                                      nn.GELU(), nn.Conv1d(16, 32, 3, 2), nn.GLU(dim=1))
        self.depthwise = nn.Sequential(nn.Conv1d(16, 16, 5, padding=2, groups=16), nn.BatchNorm1d(16),
                                       nn.Softplus(), nn.MaxPool1d(2))
        self.fc = nn.Linear(32, 8)

    def forward(self, x):
        y = self.depthwise(self.features(x))
        return self.fc(torch.cat((y.mean(-1), y.std(-1)), 1))


def image(size=64):
    return {"input": torch.randn(2, 3, size, size)}


def tokens(length=12, words=50):
    return {"input_ids": torch.randint(0, words, (2, length))}


def bert_inputs():
    mask = torch.ones(2, 12, dtype=torch.int64)
    mask[1, 9:] = 0
    return {**tokens(), "attention_mask": mask, "token_type_ids": torch.randint(0, 2, (2, 12))}


MODELS = {
    "resnet18": (resnet18, image), "resnet50": (resnet50, image), "resnext": (resnext, image),
    "vgg": (VGG, image), "mobilenet_v2": (mobilenet_v2, image), "mobilenet_v3": (mobilenet_v3, image),
    "efficientnet": (efficientnet, image), "shufflenet": (ShuffleNet, image),
    "densenet": (DenseNet, image), "inception": (Inception, image), "unet": (UNet, image),
    "deeplab": (DeepLab, image), "detector": (Detector, image),
    "super_resolution": (SuperResolution, lambda: image(24)), "convnext": (ConvNeXt, image),
    "vit": (ViT, image), "swin": (Swin, image), "bert": (Bert, bert_inputs), "gpt": (Gpt, tokens),
    "llama": (Llama, tokens), "detr": (Detr, image),
    "speech": (Speech, lambda: {"input": torch.randn(2, 1, 400)}),
}


def randomise(module):
    """Statistics and parameters as after training: nothing is 0 or 1 that would hide a mistake."""
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d)):
            part.running_mean.normal_(0.0, 0.2)
            part.running_var.uniform_(0.5, 1.5)
        if isinstance(part, (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm,
                             nn.InstanceNorm2d)) and part.weight is not None:
            part.weight.data.uniform_(0.5, 1.5)
            part.bias.data.normal_(0.0, 0.2)


def make(name, old=False, seed=1):
    """The module in evaluation mode and its example inputs, always the same."""
    global OLD
    OLD = old
    torch.manual_seed(seed)
    build, inputs = MODELS[name]
    module = build()
    randomise(module)
    return module.eval(), inputs()
