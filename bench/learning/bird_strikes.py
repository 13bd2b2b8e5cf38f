#!/usr/bin/python3
"""What scikit-learn reaches on the bird strikes: train on all years before one, test on that year.

The cost columns are dropped: they are consequences of the damage. Both models see the same rows and the same features
(the flight date becomes month and weekday).

Needs Debian's python3-sklearn and python3-pandas. Usage: bird_strikes.py [--json FILE]
"""
import argparse
import json
import pathlib
import time

import numpy
import pandas
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

DATA = pathlib.Path(__file__).resolve().parents[2] / "samples" / "bird-strikes" / "data"
LABEL = "Effect Amount of damage"
DATE = "Flight Date"
COSTS = ["Cost Other", "Cost Repair", "Cost Total $"]
NUMBERS = ["Speed IAS in knots", "month", "weekday"]
TEST_YEARS = [1999, 2000, 2001]


def load() -> pandas.DataFrame:
    files = sorted(DATA.glob("birdstrikes-*.csv"))
    if not files:
        raise SystemExit(f"no birdstrikes-*.csv in {DATA}")
    # "None" is a value of the label, not a missing cell.
    frames = [pandas.read_csv(file, keep_default_na=False, na_values=[""]) for file in files]
    frame = pandas.concat(frames, ignore_index=True).drop(columns=COSTS)
    date = pandas.to_datetime(frame.pop(DATE))
    frame["year"], frame["month"], frame["weekday"] = date.dt.year, date.dt.month, date.dt.weekday
    frame["label"] = (frame.pop(LABEL) != "None").astype(int)
    return frame


def models(categories: list[str]) -> dict:
    one_hot = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        ("categories", OneHotEncoder(handle_unknown="ignore", min_frequency=20), categories),
    ])
    ordinal = ColumnTransformer([
        ("numbers", "passthrough", NUMBERS),
        ("categories", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=numpy.nan), categories),
    ])
    return {
        "logistic-regression": make_pipeline(one_hot, LogisticRegression(C=1.0, max_iter=2000)),
        "gradient-boosting": make_pipeline(ordinal, HistGradientBoostingClassifier(
            learning_rate=0.05, max_leaf_nodes=8, max_iter=100, early_stopping=False, random_state=7)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="also write the results to this file")
    arguments = parser.parse_args()

    frame = load()
    categories = [c for c in frame.columns if c not in NUMBERS + ["year", "label"]]
    results = []
    print(f"scikit-learn {sklearn.__version__}")
    print(f"{'trainer':<20} {'train to':>8} {'test':>5} {'rows':>6} {'ROC AUC':>8} {'log loss':>9} {'fit s':>6}")
    for year in TEST_YEARS:
        train, test = frame[frame.year < year], frame[frame.year == year]
        for name, model in models(categories).items():
            start = time.perf_counter()
            model.fit(train, train.label)
            seconds = time.perf_counter() - start
            scores = model.predict_proba(test)[:, 1]
            result = {
                "trainer": name, "trainTo": year - 1, "test": year, "trainingRows": len(train), "testRows": len(test),
                "rocAuc": roc_auc_score(test.label, scores), "logLoss": log_loss(test.label, scores),
                "fitSeconds": seconds,
            }
            results.append(result)
            print(f"{name:<20} {year - 1:>8} {year:>5} {len(test):>6} {result['rocAuc']:>8.4f} "
                  f"{result['logLoss']:>9.4f} {seconds:>6.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"scikitLearn": sklearn.__version__, "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
