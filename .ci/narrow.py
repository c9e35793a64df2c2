"""Run a command with the processor's wider instructions switched off: .ci/narrow.py COMMAND...

The last digits of exp and log depend on them, and no test may. NumPy ignores names that it does not know without a
word, so this script asks it for them, and then makes sure that they are off. Without any it runs nothing.
"""

import json
import os
import subprocess
import sys

SEEN = """
import json
import numpy
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
import torch
values = numpy.linspace(-20, 20, 10001, dtype="float32")
print(json.dumps({
    "numpy": [name for name in __cpu_dispatch__ if __cpu_features__.get(name)],
    "torch": torch.backends.cpu.get_cpu_capability(),
    "exp": [numpy.exp(values).tobytes().hex(), torch.from_numpy(values).exp().numpy().tobytes().hex()],
}))
"""


def seen(environment):
    """Return the wider instructions that NumPy and torch use, and what they make of exp."""
    command = [sys.executable, "-W", "error", "-c", SEEN]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def main():
    """Find the names, switch them off, look whether they are off, and run the command."""
    wide = seen(os.environ)
    if not wide["numpy"] and wide["torch"] == "DEFAULT":
        print("this processor has no wider instructions than NumPy and torch need: nothing to switch off")
        return 0
    switched_off = {"NPY_DISABLE_CPU_FEATURES": " ".join(wide["numpy"]), "ATEN_CPU_CAPABILITY": "default"}
    # Code that numba compiles is for the processor at hand too.
    environment = {**os.environ, **switched_off, "NUMBA_CPU_NAME": "generic"}
    narrow = seen(environment)
    if narrow["numpy"] or narrow["torch"] != "DEFAULT":
        return f"still on: {narrow['numpy']} in NumPy, {narrow['torch']} in torch"
    exp = zip(("NumPy", "torch"), wide["exp"], narrow["exp"], strict=True)
    differ = [name for name, one, other in exp if one != other]
    print(f"+ without {' '.join(wide['numpy'])} in NumPy and {wide['torch']} in torch", *sys.argv[1:])
    print(f"exp in float32 has other last digits in {' and '.join(differ) or 'neither'}", flush=True)
    return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
