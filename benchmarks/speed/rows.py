"""A row of the table of steps: step, unit, rate (units per second), baseline, ratio (how many times the baseline's
rate), limit and share (of the rate that the limit allows).
"""

from benchmarks.speed.machine import gemm_rate


def row(step: str, unit: str, count: int, times: tuple[float, float | None], baseline: str = "", **more) -> dict:
    return {"step": step, "unit": unit, "rate": count / times[0], "baseline": baseline, "ratio": times[1], **more}


def limited(found: dict, operations_each: float, precision: str) -> dict:
    """The row with what matrix products alone would allow."""
    most = gemm_rate(precision) / operations_each
    limit = f"{precision} products, {operations_each / 1e9:.2f} GFLOP each"
    return {**found, "limit": limit, "share": found["rate"] / most}
