"""What torch takes several passes for, in one: compiled for a training step in bfloat16.

Importing this imports numba; the first call of each function compiles it (about a second), and what
was compiled is kept on disk for the next start. They work on the thread that calls them, without
Python's lock.

bfloat16 is the upper half of a float32, and comes here as its bits, in uint16. N = vectors (or
places to answer for), H = values of each, V = vocabulary size.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar

import llvmlite.ir as ir
import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

Bits = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float32]
_Function = TypeVar("_Function", bound=Callable[..., Any])

IN_ORDER = frozenset({"contract", "arcp", "nsz"})
"""What may be simplified; what is no number stays so."""
ANY_ORDER = IN_ORDER | {"reassoc"}
"""Sums may be taken in any order, too: several at once."""

F, S, U = np.float32, np.int32, np.uint32


def _compiled(order: frozenset[str]) -> Callable[[_Function], _Function]:
    """Compiled at its first call, and kept where there is a folder to write to."""

    def compiled(function: _Function) -> _Function:
        made: Any = njit(nogil=True, error_model="numpy", fastmath=set(order))(function)
        with contextlib.suppress(RuntimeError, OSError):
            made.enable_caching()
        found: _Function = made
        return found

    return compiled


def _inlined(function: _Function) -> _Function:
    made: Any = njit(inline="always")(function)
    found: _Function = made
    return found


def _same_bits(given: Any, found: Any, kind: ir.Type) -> Any:
    """A function that reads the bits of a number as one of another type."""

    @intrinsic
    def read(_: Any, number: Any) -> Any:
        return found(given), lambda _, builder, __, numbers: builder.bitcast(numbers[0], kind)

    return read


_as_float = _same_bits(types.uint32, types.float32, ir.FloatType())
_as_bits = _same_bits(types.float32, types.uint32, ir.IntType(32))


@_inlined
def _wide(bits: Any) -> Any:
    return _as_float(U(bits) << U(16))


@_inlined
def _narrow(value: Any) -> Any:
    """The bits of the nearest bfloat16, of two as near that with the even last bit."""
    bits = _as_bits(value)
    return np.uint16((bits + U(0x7FFF) + ((bits >> U(16)) & U(1))) >> U(16))


@_inlined
def _two_to_the(power: Any) -> Any:
    """2^power to a millionth, for powers of at most 0; those below -126 count as that.

    The whole part goes into the exponent; the rest, from -1/2 to 1/2, into the series of exp.
    """
    power = F(-126) if power < F(-126) else power
    shifted = power + F(12582912.0)  # 1.5 x 2^23: the whole part stands in its last bits
    rest = power - (shifted - F(12582912.0))
    series = F(0.0013333558)
    series = series * rest + F(0.0096181291)
    series = series * rest + F(0.0555041087)
    series = series * rest + F(0.2402265070)
    series = series * rest + F(0.6931471806)
    series = series * rest + F(1)
    return _as_float(_as_bits(series) + (_as_bits(shifted) << U(23)))


@_compiled(ANY_ORDER)
def cross_entropy(
    logits: Bits, bias: Floats, targets: npt.NDArray[np.int64], least: np.float32, of_bias: Floats
) -> float:
    """The summed cross-entropy in nats; over the logits its gradient is written.

    Args:
        logits: (N, V) bits, to which a bias is to be added yet.
        bias: (V,) float32.
        targets: (N,), ids.
        least: float32, what a probability counts as where it is less.
        of_bias: (V,) float32, what the gradients of all places are added to.
    """
    loss = 0.0
    places, size = logits.shape
    likely = np.empty(size, np.float32)
    for place in range(places):
        row, target = logits[place], targets[place]
        _powers(likely, _with_bias(row, bias, likely))
        whole = _sum(likely)
        own = likely[target] / whole
        loss -= np.log(np.float64(least if own < least else own))
        likely[target] -= whole
        share = F(1) / whole
        for at in range(size):
            slope = likely[at] * share
            row[at] = _narrow(slope)
            of_bias[at] += slope
    return loss


@_compiled(ANY_ORDER)
def _with_bias(row: Bits, bias: Floats, found: Floats) -> Any:
    """Their sum, written, and its highest: compared as whole numbers that rise with the values."""
    highest = S(-0x80000000)
    for at in range(row.size):
        value = _wide(row[at]) + bias[at]
        found[at] = value
        bits = S(_as_bits(value))
        key = S(bits ^ (S(bits >> S(31)) & S(0x7FFFFFFF)))
        highest = key if key > highest else highest
    return _as_float(U(highest ^ (S(highest >> S(31)) & S(0x7FFFFFFF))))


@_compiled(IN_ORDER)
def _powers(values: Floats, highest: Any) -> None:
    """exp(values - highest), in their place."""
    for at in range(values.size):
        values[at] = _two_to_the((values[at] - highest) * F(1.4426950408889634))


@_compiled(ANY_ORDER)
def _sum(values: Floats) -> Any:
    total = F(0)
    for at in range(values.size):
        total += values[at]
    return total


@_compiled(IN_ORDER)
def gelu_slope(gradient: Bits, inputs: Bits, found: Bits) -> None:
    """The gradient of GELU: `gradient` times cdf(x) + x pdf(x) at `inputs`, that to 2e-5.

    Args:
        gradient, inputs, found: (N, H) bits; the last is written.
    """
    for row in range(len(inputs)):
        _gelu_slope_of_row(gradient[row], inputs[row], found[row])


@_compiled(IN_ORDER)
def _gelu_slope_of_row(gradient: Bits, inputs: Bits, found: Bits) -> None:
    """1/2 and an odd function, for which stands x times a polynomial in 2 x^2 / 25 - 1, fitted from
    0 to 5 for the least greatest error; beyond, it counts as at 5, which is nearly 1/2."""
    for at in range(inputs.size):
        x = _wide(inputs[at])
        x = F(5) if x > F(5) else (F(-5) if x < F(-5) else x)
        u = x * x * F(2 / 25) - F(1)
        p = F(-0.0207203421741724)
        p = p * u + F(0.046514686197042465)
        p = p * u + F(-0.027721265330910683)
        p = p * u + F(0.021228080615401268)
        p = p * u + F(-0.06844828277826309)
        p = p * u + F(0.09511997550725937)
        p = p * u + F(-0.08535534888505936)
        p = p * u + F(0.07708938419818878)
        p = p * u + F(-0.07154195010662079)
        p = p * u + F(0.06682617962360382)
        p = p * u + F(-0.07512278109788895)
        p = p * u + F(0.14213058352470398)
        found[at] = _narrow(_wide(gradient[at]) * (F(0.5) + x * p))


@_compiled(ANY_ORDER)
def normalised_sum(
    hidden: Floats, update: Bits, weight: Floats, bias: Floats, eps: np.float32,
    found: Floats, narrow: Bits, units: Bits, scale: Floats,
) -> None:  # fmt: skip
    """Layer normalisation of a sum.

    Args:
        hidden: (N, H) float32.
        update: (N, H) bits.
        weight, bias: (H,) float32.
        eps: float32, added to the variance.
        found: (N, H) float32, written.
        narrow: (N, H), bits of the same, written.
        units: (N, H), bits of the sum with mean 0 and variance 1, written.
        scale: (N,) float32, one over the deviation of the sum, written.
    """
    rows, size = hidden.shape
    for row in range(rows):
        first, second = F(0), F(0)
        for at in range(size):
            value = hidden[row, at] + _wide(update[row, at])
            found[row, at] = value
            first += value
        mean = first / F(size)
        for at in range(size):
            off = found[row, at] - mean
            second += off * off
        one = F(1) / np.sqrt(second / F(size) + eps)
        scale[row] = one
        for at in range(size):
            unit = (found[row, at] - mean) * one
            value = unit * weight[at] + bias[at]
            units[row, at] = _narrow(unit)
            found[row, at] = value
            narrow[row, at] = _narrow(value)


@_compiled(ANY_ORDER)
def normalised_sum_slopes(
    gradient: Floats, other: Bits, units: Bits, weight: Floats, scale: Floats,
    found: Floats, narrow: Bits, of_weight: Floats, of_bias: Floats,
) -> None:  # fmt: skip
    """The gradients of `normalised_sum`: that of the sum, in float32 and as bits, and the weights'.

    Args:
        gradient: (N, H) float32.
        other: (N, H) bits of what is added to it, or (0, H).
        units, weight, scale: as there.
        found: (N, H) float32, written.
        narrow: (N, H) bits of the same, written.
        of_weight, of_bias: (H,) float32, what the gradients of all vectors are added to.
    """
    rows, size = gradient.shape
    for row in range(rows):
        for at in range(size):
            found[row, at] = gradient[row, at]
        if len(other):
            for at in range(size):
                found[row, at] += _wide(other[row, at])
        first, second = F(0), F(0)
        for at in range(size):
            slope, unit = found[row, at], _wide(units[row, at])
            of_weight[at] += slope * unit
            of_bias[at] += slope
            slope *= weight[at]
            found[row, at] = slope
            first += slope
            second += slope * unit
        first, second = first / F(size), second / F(size)
        for at in range(size):
            slope = (found[row, at] - first - _wide(units[row, at]) * second) * scale[row]
            found[row, at] = slope
            narrow[row, at] = _narrow(slope)


@_compiled(ANY_ORDER)
def add_rows(rows: Bits, total: Floats) -> None:
    """Add all (N, H) bits to `total`, (H,) float32."""
    for row in range(len(rows)):
        for at in range(len(total)):
            total[at] += _wide(rows[row, at])
