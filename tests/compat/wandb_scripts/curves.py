# ruff: noqa - written as people write for W&B, and run with one line changed by test_wandb_scripts.py
"""Curves of predictions."""

import numpy as np

import wandb

wandb.init(project="curves")
truth = np.array([0, 1, 2, 2, 1, 0])
scores = np.eye(3)[truth] * 0.8 + 0.1
names = ["ant", "bee", "cat"]
wandb.log({"roc": wandb.plot.roc_curve(truth, scores, labels=names)})
wandb.log({"pr": wandb.plot.pr_curve(truth, scores, labels=names, classes_to_plot=["ant", "cat"])})
wandb.log({"conf_mat": wandb.plot.confusion_matrix(probs=None, y_true=truth, preds=truth, class_names=names)})
wandb.log({"conf_probs": wandb.plot.confusion_matrix(probs=scores, y_true=truth, class_names=names)})
wandb.finish(quiet=True)
