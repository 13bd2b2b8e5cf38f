#!/usr/bin/python3
"""Prints what NaiveBayesTests expects: scikit-learn's GaussianNB and CategoricalNB, on rows from the SplitMix64 generator.

scikit-learn takes no missing cells, so each column has a model of the rows where it has a value; their log-likelihood ratios are added up.
"""
import math

import numpy
import sklearn
from sklearn.naive_bayes import CategoricalNB, GaussianNB

from split_mix64 import uniforms

ROWS = 300


# TrainingData.Awkward(300, 42)
u, v = uniforms(42), uniforms(43)
x1, x2, c, labels = [], [], [], []
for _ in range(ROWS):
    x1.append(next(u) * 4 - 2)
    x2.append(next(u) * 10)
    c.append(int(next(u) * 3))
    labels.append(1 if next(u) < 1 / (1 + math.exp(-(0.8 * x1[-1] - 0.3 * x2[-1] + [0, 1, -1][c[-1]]))) else 0)
for row in range(ROWS):
    if int(next(v) * 4) == 0:
        x2[row] = math.nan
    draw = int(next(v) * 10)
    if draw == 1:
        next(v)
    c[row] = -1 if draw == 0 else 3 if draw == 1 else c[row]  # missing; rare, and so folded
x1, x2, c, labels = map(numpy.array, (x1, x2, c, labels))


def ratios(model, cells, known):
    """The log-likelihood ratio of each row that has a cell, 0 for the others."""
    model.fit(cells[known].reshape(-1, 1), labels[known])
    joint = model.predict_joint_log_proba(cells[known].reshape(-1, 1)) - model.__dict__.get("class_log_prior_", numpy.log(getattr(model, "class_prior_", 1)))
    result = numpy.zeros(ROWS)
    result[known] = joint[:, 1] - joint[:, 0]
    return result


print("scikit-learn", sklearn.__version__, "positives", labels.sum(), "missing", numpy.isnan(x2).sum(), (c == -1).sum(), "folded", (c == 3).sum())
for smoothing, variance_smoothing in ((1, 1e-9), (10, 0.1)):
    scores = numpy.full(ROWS, math.log(labels.sum() / (ROWS - labels.sum())))
    for cells in (x1, x2):
        known = ~numpy.isnan(cells)
        standardised = (cells - cells[known].mean()) / cells[known].std()
        gaussian = GaussianNB(var_smoothing=variance_smoothing)
        scores += ratios(gaussian, standardised, known)
        print([float(round(value, 12)) for value in (gaussian.theta_[0, 0], gaussian.var_[0, 0], gaussian.theta_[1, 0], gaussian.var_[1, 0])])
    categorical = CategoricalNB(alpha=smoothing)
    scores += ratios(categorical, c, c >= 0)
    print([float(round(value, 12)) for value in categorical.feature_log_prob_[0][1] - categorical.feature_log_prob_[0][0]])
    print(smoothing, variance_smoothing, [float(round(score, 9)) for score in scores[:12]], round(float(numpy.abs(scores).sum()), 8))
