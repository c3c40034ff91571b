# SPDX-License-Identifier: Apache-2.0
"""A notebook for each use file of the lesson (docs/sdc/lesson.md), the invented employees that they begin with, and
the recipes. `python -m darse.sdc.examples FOLDER` copies them to where they can be opened and changed."""
import shutil
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def copy(folder: str | Path) -> list[Path]:
    """Copies notebooks, records and recipes into FOLDER, which is made where it is not there. A file that is there
    already is left as it is. Returns the notebooks."""
    target = Path(folder)
    for source in [*FOLDER.glob("*.ipynb"), FOLDER / "employees.csv", *FOLDER.glob("recipes/*.json")]:
        place = target / source.relative_to(FOLDER)
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            shutil.copyfile(source, place)
    return sorted(target.glob("*.ipynb"))
