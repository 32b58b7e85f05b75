/*
 * What a browser says of itself, in a few French words: electors recognise « Firefox sous Windows », and nothing finer is
 * ever kept.
 */
#ifndef ISOLOIR_BROWSER_H
#define ISOLOIR_BROWSER_H

#include <talloc.h>

/* From a User-Agent header, whatever it holds; on ctx. Not one byte of the header itself gets into the answer. */
char *browser_label(TALLOC_CTX *ctx, const char *user_agent);

#endif
