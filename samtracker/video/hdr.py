"""HDR pictures as a screen of standard range shows them: tone mapping of PQ and HLG (BT.2100)."""

from __future__ import annotations

from functools import cache
from typing import Final

import cv2
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorTrc
from numpy.typing import NDArray

from samtracker.types import Frame

Floats = NDArray[np.float32]

HDR: Final = frozenset({ColorTrc.SMPTE2084, ColorTrc.ARIB_STD_B67})
"""The transfer characteristics of HDR: PQ and HLG."""

PEAK: Final = 1000.0
"""Luminance in cd/m2 that becomes the white of SDR, as what is brighter does: that of HLG screens,
and what most PQ video is made for."""

WHITE: Final = 203.0
"""Luminance in cd/m2 of the white of SDR, ITU-R BT.2408."""

GAMMA: Final = 2.4  # of an SDR screen, ITU-R BT.1886
LEVELS: Final = 1 << 16
LUMA: Final = np.array([[0.2627, 0.6780, 0.0593]], np.float32)  # of BT.2020
CHROMATICITIES: Final = {
    ColorPrimaries.BT709: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    ColorPrimaries.BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    ColorPrimaries.SMPTE432: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
D65: Final = (0.3127, 0.3290)


def tone_map(rgb: NDArray[np.uint16], transfer: int, primaries: int) -> Frame:
    """Bring an HDR picture to the range and colors of BT.709.

    Highlights are compressed as in ITU-R BT.2390 (EETF); up to about 95 cd/m2 nothing is changed.

    Args:
        rgb: HDR signal, uint16 (H, W, 3), full range.
        transfer: One of `HDR`.
        primaries: AVCOL_PRI; those of BT.2020 where it is none of `CHROMATICITIES`.

    Returns:
        RGB uint8 (H, W, 3).
    """
    linear = _linear(transfer)[rgb]
    if transfer == ColorTrc.ARIB_STD_B67:  # the light of the scene; a screen of HLG has its own way
        linear *= cv2.pow(cv2.transform(linear, LUMA), 0.2)[..., None]
    shown = cv2.transform(linear, _to_bt709(primaries))
    # Of square roots, for the eye and 16 bits are finer in the dark.
    steps = np.sqrt(np.clip(shown, 0, 1, out=shown), out=shown)
    image: Frame = _displayed()[np.rint(steps * (LEVELS - 1)).astype(np.uint16)]
    return image


@cache
def _linear(transfer: int) -> Floats:
    """Return the light of each of `LEVELS` values of the signal; 1 is `PEAK`."""
    signal = np.linspace(0, 1, LEVELS)
    if transfer == ColorTrc.SMPTE2084:
        return (_pq_to_light(signal) / PEAK).astype(np.float32)
    a, b, c = 0.17883277, 0.28466892, 0.55991073  # HLG, BT.2100 table 5
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return scene.astype(np.float32)


@cache
def _displayed() -> NDArray[np.uint8]:
    """Return the SDR value of each of `LEVELS` square roots of light."""
    light = np.linspace(0, 1, LEVELS) ** 2 * PEAK
    white, peak = _light_to_pq(np.array([WHITE, PEAK]))
    signal, target = _light_to_pq(light) / peak, white / peak
    knee = 1.5 * target - 0.5
    t = np.clip((signal - knee) / (1 - knee), 0, 1)
    curve = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (3 * t**2 - 2 * t**3) * target
    )
    mapped = _pq_to_light(np.where(signal < knee, signal, curve) * peak)
    return np.rint(255 * np.clip(mapped / WHITE, 0, 1) ** (1 / GAMMA)).astype(np.uint8)


@cache
def _to_bt709(primaries: int) -> Floats:
    known = primaries if primaries in CHROMATICITIES else ColorPrimaries.BT2020
    matrix = np.linalg.inv(_to_xyz(ColorPrimaries.BT709)) @ _to_xyz(known)
    return matrix.astype(np.float32)


def _to_xyz(primaries: int) -> NDArray[np.float64]:
    """Return the matrix from linear RGB to CIE XYZ, with the white of D65 (SMPTE RP 177)."""
    corners = np.array([(x, y, 1 - x - y) for x, y in CHROMATICITIES[ColorPrimaries(primaries)]]).T
    x, y = D65
    return corners * np.linalg.solve(corners, np.array([x, y, 1 - x - y]) / y)


# Constants of PQ, SMPTE ST 2084.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32


def _pq_to_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    power = signal ** (1 / _M2)
    return 10_000 * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)


def _light_to_pq(light: NDArray[np.float64]) -> NDArray[np.float64]:
    power = (light / 10_000) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
