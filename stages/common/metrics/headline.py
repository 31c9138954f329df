"""The metrics that a set is judged by; as a command, what a metric JSON has of them, in a line."""

import json
import sys
from pathlib import Path

# By key of the metric JSON, as people call them. Each has an interval there.
METRICS = {
    "micro_auc": "micro AUC",
    "macro_auc": "macro AUC",
    "macro_auc_mixed": "mixed AUC",
    "rbdc": "RBDC",
    "tbdc": "TBDC",
}
HEADLINE = {key: title for key, title in METRICS.items() if key != "macro_auc_mixed"}


def headline(metrics: dict) -> str:
    """
    >>> headline({"micro_auc": 0.98765, "macro_auc": None, "rbdc": 0.5, "tbdc": 1.0})
    'micro AUC 0.9877, macro AUC undefined, RBDC 0.5000, TBDC 1.0000'
    """
    values = ((title, metrics[key]) for key, title in HEADLINE.items())
    return ", ".join(f"{title} {'undefined' if value is None else f'{value:.4f}'}" for title, value in values)


if __name__ == "__main__":
    print(headline(json.loads(Path(sys.argv[1]).read_text())))
