#!/usr/bin/python3
"""Prints the numbers that CalibrationTests expects: scikit-learn's, on scores and labels from the SplitMix64 generator."""
import math

import numpy
import sklearn
from scipy.optimize import minimize
from scipy.special import expit, xlogy
from sklearn.calibration import _sigmoid_calibration
from sklearn.isotonic import IsotonicRegression

from split_mix64 import uniforms


def rows(count, seed, slope, intercept):
    u = uniforms(seed)
    scores, labels = [], []
    for _ in range(count):
        scores.append(math.floor(next(u) * 64) / 8 - 4)  # scores come more than once
        labels.append(1 if next(u) < 1 / (1 + math.exp(-(slope * scores[-1] + intercept))) else 0)
    return numpy.array(scores), numpy.array(labels)


def optimum(scores, labels):
    """The minimum of scikit-learn's objective, to more digits than its own call asks for."""
    positives = labels.sum()
    negatives = len(labels) - positives
    targets = numpy.where(labels == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def objective(ab):
        p = expit(-(ab[0] * scores + ab[1]))
        residual = targets - p
        return -(xlogy(targets, p) + xlogy(1 - targets, 1 - p)).sum(), numpy.array([residual @ scores, residual.sum()])

    return minimize(objective, [0, math.log((negatives + 1) / (positives + 1))], jac=True, method="BFGS", options={"gtol": 1e-10}).x


print("scikit-learn", sklearn.__version__)
for count, seed, slope, intercept in ((300, 11, 0.6, -1.5), (2000, 12, 2.5, 0.4), (40, 13, 1.0, 0.0)):
    scores, labels = rows(count, seed, slope, intercept)
    print("platt", count, "positives", labels.sum(), [round(float(x), 9) for x in _sigmoid_calibration(scores, labels)], [round(float(x), 9) for x in optimum(scores, labels)])

scores, labels = rows(300, 11, 0.6, -1.5)
isotonic = IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
print("isotonic", list(isotonic.X_thresholds_), [round(float(y), 12) for y in isotonic.y_thresholds_])
print([round(float(y), 12) for y in isotonic.predict([-9, -4, -1.23, 0, 0.3, 1.1, 2.71, 3.9, 9])])
