/* Fault points for the tests: compiled in by configure --enable-faults alone. */
#ifndef ISOLOIR_FAULT_H
#define ISOLOIR_FAULT_H

#ifdef ENABLE_FAULTS
/* ISOLOIR_FAULT="kill:compose": die by SIGKILL at the point of that name, if ISOLOIR_FAULT_ONCE names a file
 * that can be removed (so one process dies, once). */
void fault_point(const char *name);
#else
#define fault_point(name) ((void)0)
#endif

#endif
