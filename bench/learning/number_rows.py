#!/usr/bin/python3
"""The peers on rows of numbers: XGBoost's gradient boosting and scikit-learn's logistic regression, one fit in a process of its own.

The 28 columns are standard normal with four decimals; the label depends on 15 of them, with interactions, steps and waves, so that boosting reaches far
more than a linear model. The first nine tenths are for training, the rest for the test.

Needs Debian's python3-xgboost and python3-sklearn. Usage:
  number_rows.py data FOLDER ROWS                       writes x.f32 (rows of 28 numbers) and y.u8, if they are not there
  number_rows.py PEER FOLDER --threads N --json FILE    fits xgboost or scikit-learn; the test predictions go to FILE with .f64 for .json
"""
import argparse
import json
import os
import pathlib
import resource
import time

COLUMNS = 28
PREDICTIONS = 5


def write(folder: pathlib.Path, rows: int) -> None:
    import numpy
    if (folder / "y.u8").exists() and (folder / "y.u8").stat().st_size == rows:
        return
    generator = numpy.random.default_rng(7)
    cells = numpy.round(generator.standard_normal((rows, COLUMNS), dtype=numpy.float32), 4).astype(numpy.float32)
    x = cells.astype(numpy.float64).T
    score = (
        x[0] * x[1] + 1.2 * numpy.sin(2 * x[2]) + 1.2 * (x[3] > 0.5) * x[4] - 0.7 * x[5] ** 2 + 0.9 * numpy.abs(x[6]) + 0.6 * x[7] * (x[8] > 0)
        + 0.5 * x[9] - 0.4 * x[10] + 0.3 * numpy.maximum(x[11], x[12]) + 0.8 * numpy.cos(x[13] + x[14]))
    labels = generator.random(rows) < 1 / (1 + numpy.exp(-1.05 * (score - 0.4)))
    folder.mkdir(parents=True, exist_ok=True)
    cells.tofile(folder / "x.f32")
    labels.astype(numpy.uint8).tofile(folder / "y.u8")


def resident() -> float:
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1e6


def fit(peer: str, folder: pathlib.Path, threads: int, file: pathlib.Path) -> None:
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    import numpy
    if peer == "xgboost":
        import xgboost
        # 20 rows in a leaf are a curvature of at most 5 when the loss is logistic.
        model = xgboost.XGBClassifier(
            n_estimators=100, max_leaves=31, max_depth=0, grow_policy="lossguide", tree_method="hist", learning_rate=0.1, max_bin=255,
            min_child_weight=5, reg_lambda=0, n_jobs=threads, random_state=7, verbosity=0)
        version = xgboost.__version__
    else:
        import sklearn
        from sklearn.linear_model import LogisticRegression
        model = LogisticRegression(solver="lbfgs", C=1.0, max_iter=100, tol=1e-4)
        version = sklearn.__version__
    labels = numpy.fromfile(folder / "y.u8", numpy.uint8).astype(numpy.int8)
    cells = numpy.fromfile(folder / "x.f32", numpy.float32).reshape(len(labels), COLUMNS)
    cut = len(labels) * 9 // 10
    before = resident()
    start, processor_start = time.perf_counter(), time.process_time()
    model.fit(cells[:cut], labels[:cut])
    seconds, processor = time.perf_counter() - start, time.process_time() - processor_start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    model.predict_proba(cells[cut:cut + 1000])
    tries = []
    for _ in range(PREDICTIONS):
        start = time.perf_counter()
        predictions = model.predict_proba(cells[cut:])[:, 1]
        tries.append(time.perf_counter() - start)
    predictions.astype(numpy.float64).tofile(file.with_suffix(".f64"))
    file.write_text(json.dumps({
        "name": peer, "version": version, "threads": threads, "seconds": seconds, "processorSeconds": processor,
        "megabytes": peak - before, "rowsPerSecond": len(predictions) / sorted(tries)[PREDICTIONS // 2],
    }) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["data", "xgboost", "scikit-learn"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("rows", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.what == "data":
        write(arguments.folder, arguments.rows)
    else:
        fit(arguments.what, arguments.folder, arguments.threads, arguments.json)


if __name__ == "__main__":
    main()
