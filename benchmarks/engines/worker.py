"""The process that measures one engine: ``python -m benchmarks.engines.worker TASK RESULT``, two pickle files."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from benchmarks.engines.measure import measure

if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(pickle.dumps(measure(pickle.loads(Path(sys.argv[1]).read_bytes()))))
