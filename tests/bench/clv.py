"""BG/NBD as the Python package lifetimes fits it, by scipy alone: likelihood over arrays, its gradient, L-BFGS-B.

    python3 clv.py SUMMARY.csv OUTPUT.csv
"""
import sys

import numpy
import pandas
from scipy.optimize import minimize
from scipy.special import digamma, gammaln, hyp2f1

table = pandas.read_csv(sys.argv[1])
x, t_x, age = (table[name].to_numpy(float) for name in ("repeats", "t_x", "age"))
again = x > 0
scale = age.max()


def loss(logs):
    r, alpha, a, b = numpy.exp(logs)
    alpha *= scale
    common = gammaln(r + x) - gammaln(r) + r * numpy.log(alpha) + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    alive = -(r + x) * numpy.log(alpha + age)
    gone = numpy.where(again, numpy.log(a) - numpy.log(b + numpy.maximum(x, 1) - 1) - (r + x) * numpy.log(alpha + t_x), -numpy.inf)
    both = numpy.logaddexp(alive, gone)
    dead = numpy.exp(gone - both)
    time = (1 - dead) / (alpha + age) + dead / (alpha + t_x)
    silence = -(1 - dead) * numpy.log(alpha + age) - dead * numpy.log(alpha + t_x)
    sums = digamma(a + b) - digamma(a + b + x)
    gradient = [
        numpy.mean(digamma(r + x) - digamma(r) + numpy.log(alpha) + silence) * r,
        numpy.mean(r / alpha - (r + x) * time) * alpha,
        numpy.mean(sums + dead / a) * a,
        numpy.mean(sums + digamma(b + x) - digamma(b) - dead / (b + numpy.maximum(x, 1) - 1)) * b,
    ]
    return -numpy.mean(common + both), -numpy.array(gradient)


fit = minimize(loss, numpy.zeros(4), jac=True, method="L-BFGS-B", options={"ftol": 1e-12, "gtol": 1e-7})
r, alpha, a, b = numpy.exp(fit.x)
alpha *= scale
time = 52.0
bracket = 1 - ((alpha + age) / (alpha + age + time)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, time / (alpha + age + time))
odds = numpy.where(again, a / (b + numpy.maximum(x, 1) - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x), 0)
pandas.DataFrame({"expected": (a + b + x - 1) / (a - 1) * bracket / (1 + odds)}).to_csv(sys.argv[2])
print(r, alpha, a, b, -fit.fun * len(x), file=sys.stderr)
