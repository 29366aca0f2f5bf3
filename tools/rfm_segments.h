/* tools/rfm_segments.h: a table of RFM segments from a CSV file. */
#ifndef TOOLS_RFM_SEGMENTS_H
#define TOOLS_RFM_SEGMENTS_H

#include <till/rfm.h>

/* Reads segment,r_min,r_max,f_min,f_max,m_min,m_max (columns in any order, comma-separated UTF-8) and checks that it
 * covers each cell of `bins` scores once. */
enum till_status rfm_segments_read(struct till_rfm_segments **segments, const char *path, unsigned bins,
                                   struct till_error *error);

#endif
