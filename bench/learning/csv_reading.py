#!/usr/bin/python3
"""How fast pandas' C reader reads a CSV file of numbers: 28 columns of normal variates with four decimals and a label of 0 or 1.

Writes the file if it is not there. Needs Debian's python3-pandas. Usage: csv_reading.py FILE [--rows N] [--json FILE]
"""
import argparse
import json
import pathlib
import resource
import time

import numpy
import pandas

COLUMNS = 28
TRIES = 3


def write(file: pathlib.Path, rows: int) -> None:
    generator = numpy.random.default_rng(7)
    frame = pandas.DataFrame(generator.standard_normal((rows, COLUMNS)), columns=[f"f{i}" for i in range(COLUMNS)])
    frame["label"] = (generator.random(rows) < 0.5).astype(int)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    frame.to_csv(partial, index=False, float_format="%.4f", lineterminator="\n")
    partial.rename(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the file if it is written (default 1,000,000)")
    parser.add_argument("--json", type=pathlib.Path, help="also write the results to this file")
    arguments = parser.parse_args()

    if not arguments.file.exists():
        write(arguments.file, arguments.rows)
    # Only the reading counts: what writing needed would hide it.
    bytes_read = arguments.file.stat().st_size
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, processor = [], []
    for _ in range(TRIES):
        start, processor_start = time.perf_counter(), time.process_time()
        frame = pandas.read_csv(arguments.file)
        seconds.append(time.perf_counter() - start)
        processor.append(time.process_time() - processor_start)
        if len(seconds) == 1:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = {
        "pandas": pandas.__version__, "rows": len(frame), "seconds": min(seconds), "processorSeconds": min(processor),
        "megabytesPerSecond": bytes_read / min(seconds) / 1e6, "peakMegabytes": peak * 1024 / 1e6, "startMegabytes": before * 1024 / 1e6,
    }
    print(f"pandas {pandas.__version__}: {result['megabytesPerSecond']:.0f} MB/s, peak {result['peakMegabytes']:.0f} MB")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
