# SPDX-License-Identifier: Apache-2.0
"""Where the build lies. (More below.)"""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("DARSE_BUILD", ROOT / "build")).resolve()
SAS = str(BUILD / "sas" / "sas")
