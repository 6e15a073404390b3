"""Make the scripts in tools/results/ importable by each other."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools" / "results"))
