"""The loops of `pooling.py`, compiled by Numba: one pass over memory for what would otherwise be four or five.

Numbers are float32, or the bits of bfloat16 in uint16; calculations are in float32. Arrays have their channels last:
(N, time, height, width, channels), statistics (N, groups). A loop over channels writes to one array where it can, for
compilers make vectors of such loops.
"""

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

BITS, HALF_BITS = ir.IntType(32), ir.IntType(16)
# No `fastmath`: a loop is compiled with vectors and without, and which of both runs depends on where its arrays lie in
# memory. With sums reordered or products left unrounded they would differ in the last digit, now and then.
compiled = numba.njit(parallel=True, cache=True, error_model="numpy")


@intrinsic
def widened(typing, number):
    """float32 of a float32 or of bfloat16's bits."""

    def generate(context, builder, signature, arguments):
        if signature.args[0] == types.float32:
            return arguments[0]
        bits = builder.shl(builder.zext(arguments[0], BITS), BITS(16))
        return builder.bitcast(bits, ir.FloatType())

    return types.float32(number), generate


@intrinsic
def narrowed(typing, number, like):
    """A float32 as it is, or the bits of the nearest bfloat16 (of two, the even one), whichever `like` is."""

    def generate(context, builder, signature, arguments):
        if signature.args[1] == types.float32:
            return arguments[0]
        bits = builder.bitcast(arguments[0], BITS)
        odd = builder.and_(builder.lshr(bits, BITS(16)), BITS(1))
        return builder.trunc(builder.lshr(builder.add(builder.add(bits, BITS(0x7FFF)), odd), BITS(16)), HALF_BITS)

    return like(types.float32, like), generate


@compiled
def forward(inputs, gamma, beta, epsilon, highest, places, outputs, means, scales):
    """The maximum of each 2x2 square of `inputs`, normalised over its group of channels, and its ReLU.

    Writes the maxima (`highest`), which of its four numbers each was (`places`, 0 to 3, row by row), `outputs`, which
    may be `highest` where that is not needed afterwards, and of each group the mean and 1 / deviation (`scales`).
    """
    tubes, frames, height, width, channels = highest.shape
    groups = means.shape[1]
    own = channels // groups
    count = np.float32(frames * height * width * own)
    for n in numba.prange(tubes):
        total, squares = np.zeros(channels, np.float32), np.zeros(channels, np.float32)
        for t in range(frames):
            for i in range(height):
                upper, lower = inputs[n, t, 2 * i], inputs[n, t, 2 * i + 1]
                for j in range(width):
                    for c in range(channels):
                        a, b = widened(upper[2 * j, c]), widened(upper[2 * j + 1, c])
                        d, e = widened(lower[2 * j, c]), widened(lower[2 * j + 1, c])
                        above, below = b if b > a else a, e if e > d else d
                        place_above = np.uint8(1) if b > a else np.uint8(0)
                        place_below = np.uint8(3) if e > d else np.uint8(2)
                        most = below if below > above else above
                        highest[n, t, i, j, c] = narrowed(most, upper[0, 0])
                        places[n, t, i, j, c] = place_below if below > above else place_above
                        total[c] += most
                        squares[c] += most * most
        factor, shift = np.empty(channels, np.float32), np.empty(channels, np.float32)
        for g in range(groups):
            mean = total[g * own : (g + 1) * own].sum() / count
            variance = max(squares[g * own : (g + 1) * own].sum() / count - mean * mean, np.float32(0))
            means[n, g], scales[n, g] = mean, np.float32(1) / np.sqrt(variance + epsilon)
            for c in range(g * own, (g + 1) * own):
                factor[c] = scales[n, g] * gamma[c]
                shift[c] = beta[c] - mean * factor[c]
        for t in range(frames):
            for i in range(height):
                for j in range(width):
                    for c in range(channels):
                        value = widened(highest[n, t, i, j, c]) * factor[c] + shift[c]
                        # So that what is no number stays none, for training to stop at.
                        value = np.float32(0) if value < 0 else value
                        outputs[n, t, i, j, c] = narrowed(value, outputs[0, 0, 0, 0, 0])


@compiled
def backward(gradients, highest, places, gamma, beta, means, scales, of_inputs, of_gamma, of_beta):
    """The gradients of the inputs of `forward`, and of each tube those of gamma and beta, (N, channels).

    Of a normalised x, `scale (g - mean(g) - x mean(g x))` is the gradient, with g that of its output times gamma.
    """
    tubes, frames, height, width, channels = highest.shape
    groups = means.shape[1]
    own = channels // groups
    count = np.float32(frames * height * width * own)
    for n in numba.prange(tubes):
        factor, shift = np.empty(channels, np.float32), np.empty(channels, np.float32)
        for c in range(channels):
            factor[c] = scales[n, c // own] * gamma[c]
            shift[c] = beta[c] - means[n, c // own] * factor[c]
        passed = np.empty((frames, height, width, channels), np.float32)
        total, products = np.zeros(channels, np.float32), np.zeros(channels, np.float32)
        for t in range(frames):
            for i in range(height):
                for j in range(width):
                    for c in range(channels):
                        on = widened(highest[n, t, i, j, c]) * factor[c] + shift[c] > 0
                        passed[t, i, j, c] = widened(gradients[n, t, i, j, c]) if on else np.float32(0)
                    for c in range(channels):
                        total[c] += passed[t, i, j, c]
                    for c in range(channels):
                        products[c] += passed[t, i, j, c] * widened(highest[n, t, i, j, c])
        constant, slope = np.empty(channels, np.float32), np.empty(channels, np.float32)
        for g in range(groups):
            mean, scale = means[n, g], scales[n, g]
            first, second = np.float32(0), np.float32(0)
            for c in range(g * own, (g + 1) * own):
                of_beta[n, c] = total[c]
                of_gamma[n, c] = scale * (products[c] - mean * total[c])
                first += gamma[c] * of_beta[n, c] / count
                second += gamma[c] * of_gamma[n, c] / count
            for c in range(g * own, (g + 1) * own):
                constant[c] = scale * (mean * scale * second - first)
                slope[c] = -scale * scale * second
        nothing, gradient = narrowed(np.float32(0), highest[0, 0, 0, 0, 0]), np.empty(channels, highest.dtype)
        for t in range(frames):
            for i in range(height):
                upper, lower = of_inputs[n, t, 2 * i], of_inputs[n, t, 2 * i + 1]
                for j in range(width):
                    place = places[n, t, i, j]
                    for c in range(channels):
                        value = widened(highest[n, t, i, j, c]) * slope[c] + constant[c]
                        gradient[c] = narrowed(passed[t, i, j, c] * factor[c] + value, highest[0, 0, 0, 0, 0])
                    for c in range(channels):
                        upper[2 * j, c] = gradient[c] if place[c] == 0 else nothing
                    for c in range(channels):
                        upper[2 * j + 1, c] = gradient[c] if place[c] == 1 else nothing
                    for c in range(channels):
                        lower[2 * j, c] = gradient[c] if place[c] == 2 else nothing
                    for c in range(channels):
                        lower[2 * j + 1, c] = gradient[c] if place[c] == 3 else nothing
