"""The judge of the generated set."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from judge import judge  # noqa: E402, F401
