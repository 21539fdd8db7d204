"""Labels a folder and writes annotations.json; killed by tests at any moment."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from pipeline_kit import BrightRegions, ByColour, Score, stages

from perception.frames.source import open_source
from perception.pipeline.engines import InProcess, Processes
from perception.pipeline.outputs import write_outputs
from perception.pipeline.run import Plan, run

if __name__ == "__main__":
    source, out, workers, delay = sys.argv[1:]
    recipe = stages(BrightRegions(delay_s=float(delay)), Score())
    engine = Processes(int(workers)) if int(workers) > 1 else InProcess()
    opened = open_source(source)
    summary = run(Plan(opened, out, recipe, [ByColour()], engine))
    write_outputs(out, opened, summary)
