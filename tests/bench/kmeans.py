# The same by scikit-learn, on one thread: processor seconds, wall seconds, inertia; by lloyd, or by the algorithm that
# follows. With a CSV file, a whole process: pandas
# reads the file, and writes it with its labels.
import sys
import time
import warnings

import numpy as np
from sklearn.cluster import KMeans

warnings.filterwarnings('ignore')
path, columns, clusters, start, iterations = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
if path.endswith('.csv'):
    import pandas as pd
    frame = pd.read_csv(path)
    rows = np.ascontiguousarray(frame.to_numpy())
else:
    rows = np.fromfile(path).reshape(-1, columns)
algorithm = sys.argv[6] if len(sys.argv) > 6 else 'lloyd'
centroids = np.fromfile(start).reshape(clusters, columns)
wall, processor = time.time(), time.process_time()
model = KMeans(clusters, init=centroids, n_init=1, max_iter=iterations, tol=0, algorithm=algorithm).fit(rows)
print('%.4f\t%.4f\t%.6f' % (time.process_time() - processor, time.time() - wall, model.inertia_))
if path.endswith('.csv'):
    frame['cluster'] = model.labels_
    frame.to_csv('/dev/null', index=False)
