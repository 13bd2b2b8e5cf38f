#!/usr/bin/python3
"""Prints the weights that LogisticRegressionTests and ElasticNetTests expect: scikit-learn's, on rows from the SplitMix64 generator."""
import math

import numpy
import sklearn
from sklearn.linear_model import LogisticRegression

from split_mix64 import uniforms


u = uniforms(42)
rows, labels = [], []
for _ in range(300):
    x1, x2, c = next(u) * 4 - 2, next(u) * 10, int(next(u) * 3)
    p = 1 / (1 + math.exp(-(0.8 * x1 - 0.3 * x2 + [0, 1, -1][c])))
    rows.append([x1, x2] + [1.0 if c == k else 0.0 for k in range(3)])
    labels.append(1 if next(u) < p else 0)

print("scikit-learn", sklearn.__version__, "positives", sum(labels))


def show(settings, model, loss):
    print(*settings, [float(round(value, 9)) for value in [*model.coef_[0], model.intercept_[0]]], round(loss, 9))


def log_loss(model, weight):
    return -sum((weight if y else 1) * math.log(p[y]) for p, y in zip(model.predict_proba(rows), labels))


for l2, weight in ((0.1, 1), (1.0, 1), (10.0, 1), (1.0, 4), (1.0, 0.25)):
    model = LogisticRegression(C=1 / l2, class_weight={1: weight}, tol=1e-12, max_iter=1000, solver="newton-cholesky").fit(numpy.array(rows), labels)
    show((l2, weight), model, log_loss(model, weight) + l2 / 2 * (model.coef_**2).sum())

for penalty, l1_ratio, weight in ((1, 0.5, 1), (10, 0.5, 1), (10, 1, 1), (3, 0.1, 1), (40, 0.9, 1), (10, 0.5, 3), (40, 0.9, 3)):
    model = LogisticRegression(
        penalty="elasticnet", C=1 / penalty, l1_ratio=l1_ratio, class_weight={1: weight}, tol=1e-10, max_iter=10**6, solver="saga"
    ).fit(numpy.array(rows), labels)
    show((penalty, l1_ratio, weight), model, log_loss(model, weight) + penalty * (l1_ratio * abs(model.coef_).sum() + (1 - l1_ratio) / 2 * (model.coef_**2).sum()))
