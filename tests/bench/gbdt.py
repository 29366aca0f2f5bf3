# The same boosting by scikit-learn: processor seconds, wall seconds, log-loss and AUC of the rows that were learned from.
import sys
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score

columns, trees, leaves = int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
x = np.ascontiguousarray(np.fromfile(sys.argv[1]).reshape(columns, -1).T)
y = np.fromfile(sys.argv[2], dtype=np.uint8)
model = HistGradientBoostingClassifier(max_iter=trees, max_leaf_nodes=leaves, learning_rate=0.1, min_samples_leaf=20,
                                       max_bins=255, l2_regularization=0, early_stopping=False, random_state=0)
wall, processor = time.time(), time.process_time()
model.fit(x, y)
processor, wall = time.process_time() - processor, time.time() - wall
p = model.predict_proba(x)[:, 1]
print('%.4f\t%.4f\t%.7f\t%.6f' % (processor, wall, log_loss(y, p), roc_auc_score(y, p)))
