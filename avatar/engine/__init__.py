"""The engine: knows no Django, and is run in a process of its own.

NumPy's matrix products are small here, and the threads they would start go on spinning on a core
that the encoder needs. To be said before NumPy is loaded.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
