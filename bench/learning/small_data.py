#!/usr/bin/python3
"""The peers on small data: gradient boosting of scikit-learn and XGBoost with the same settings, nothing tuned.

Breast cancer, digits and diabetes are scikit-learn's copies of the public sets, a quarter of the rows for the test; of the bird strikes the year 2001
is the test. Writes into FOLDER for each set NAME-train.csv and NAME-test.csv (not for the bird strikes, which are a sample of the repository), and for
each peer its predictions of the test rows, NAME-PEER.f64: probabilities row by row, or numbers.

Needs Debian's python3-sklearn, python3-pandas and python3-xgboost. Usage: small_data.py FOLDER
"""
import argparse
import pathlib

import numpy
import pandas
import sklearn
import xgboost
from sklearn import datasets
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OrdinalEncoder

import bird_strikes

TREES, LEAVES, RATE, BINS, ROWS_PER_LEAF = 100, 31, 0.1, 255, 20


def predictions(task: str, peer: str, train, labels, test) -> numpy.ndarray:
    if peer == "scikit-learn":
        kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
        model = kind(
            max_iter=TREES, max_leaf_nodes=LEAVES, learning_rate=RATE, max_bins=BINS, min_samples_leaf=ROWS_PER_LEAF, early_stopping=False, random_state=7)
    else:
        kind = xgboost.XGBRegressor if task == "regression" else xgboost.XGBClassifier
        # XGBoost bounds the curvature of a leaf: 20 rows are 20 of squared error, and at most 5 of the logistic loss.
        model = kind(
            n_estimators=TREES, max_leaves=LEAVES, max_depth=0, grow_policy="lossguide", tree_method="hist", learning_rate=RATE, max_bin=BINS,
            min_child_weight=20 if task == "regression" else 5, reg_lambda=0, random_state=7, verbosity=0)
    model.fit(train, labels)
    if task == "regression":
        return model.predict(test).astype(float)
    probabilities = model.predict_proba(test).astype(float)
    return probabilities[:, 1].copy() if task == "binary" else probabilities


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    print(f"scikit-learn {sklearn.__version__}, XGBoost {xgboost.__version__}")
    for name, task in (("breast-cancer", "binary"), ("digits", "multiclass"), ("diabetes", "regression")):
        cells, labels = getattr(datasets, "load_" + name.replace("-", "_"))(return_X_y=True)
        train, test = train_test_split(numpy.arange(len(cells)), test_size=0.25, random_state=7)
        for part, rows in (("train", train), ("test", test)):
            frame = pandas.DataFrame(cells[rows], columns=[f"x{column}" for column in range(cells.shape[1])])
            frame["label"] = labels[rows]
            frame.to_csv(folder / f"{name}-{part}.csv", index=False)
        for peer in ("scikit-learn", "xgboost"):
            predictions(task, peer, cells[train], labels[train], cells[test]).tofile(folder / f"{name}-{peer}.f64")

    frame = bird_strikes.load()
    categories = [column for column in frame.columns if column not in bird_strikes.NUMBERS + ["year", "label"]]
    columns = ColumnTransformer([
        ("numbers", "passthrough", bird_strikes.NUMBERS),
        ("categories", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=numpy.nan), categories),
    ])
    train, test = frame[frame.year < 2001], frame[frame.year == 2001]
    cells, unseen = columns.fit_transform(train), columns.transform(test)
    for peer in ("scikit-learn", "xgboost"):
        predictions("binary", peer, cells, train.label.to_numpy(), unseen).tofile(folder / f"bird-strikes-{peer}.f64")


if __name__ == "__main__":
    main()
