/* The rows of table device: which browsers an elector has used, as long as the elector wants them known. */
#ifndef ISOLOIR_MODEL_DEVICE_H
#define ISOLOIR_MODEL_DEVICE_H

#include "portal/device.h"
#include "portal/portal.h"

/* Does that identifier of this election have this device? -1: MariaDB. */
WARN_UNUSED int device_find(struct request *r, const char *identifier, const unsigned char id[DEVICE_ID_SIZE], bool *found_r);

/* Note that the elector is in with this device now, in the browser that asks. -1: MariaDB. */
WARN_UNUSED int device_store(struct request *r, int64_t elector_id, const unsigned char id[DEVICE_ID_SIZE]);

/* The elector's devices, latest first: columns id in hexadecimal, browser, first and last use. -1: MariaDB. */
WARN_UNUSED int device_list(struct request *r, int64_t elector_id, struct db_rows **rows_r);

/* Forget one of the elector's devices; *was_there_r false: there was none of that name. -1: MariaDB. */
WARN_UNUSED int device_forget(struct request *r, int64_t elector_id, const char *name, bool *was_there_r);

#endif
