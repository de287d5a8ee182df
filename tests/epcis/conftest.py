"""What stands beside the tests, on the path: pytest's importlib mode puts no test folder there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
