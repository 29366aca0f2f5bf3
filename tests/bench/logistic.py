# Logistic regression by scikit-learn: processor seconds, wall seconds, deviance. With "csv", a whole process: pandas reads the file.
import sys
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression

warnings.filterwarnings('ignore')
folder, solver = sys.argv[1], sys.argv[2]
if len(sys.argv) > 3:
    import pandas as pd
    frame = pd.read_csv(folder + '/syn1m.csv')
    y, x = frame.pop('y').to_numpy(), frame.to_numpy()
else:
    x, y = np.load(folder + '/syn1m_X.npy'), np.load(folder + '/syn1m_y.npy')
x = (x - x.mean(0)) / x.std(0)
wall, processor = time.time(), time.process_time()
model = LogisticRegression(penalty='none', solver=solver, max_iter=1000).fit(x, y)
used = time.process_time() - processor, time.time() - wall
p = model.predict_proba(x)[:, 1]
print('%.4f\t%.4f\t%.8f' % (*used, -2 * np.sum(np.log(np.where(y == 1, p, 1 - p)))))
