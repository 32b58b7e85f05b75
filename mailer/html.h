/* An HTML page taken apart as far as checks need it: its tags with their attributes, the words that people read, its style. */
#ifndef ISOLOIR_HTML_H
#define ISOLOIR_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <talloc.h>

struct html_attribute {
	const char *name, *value; /* the name in lower case, the value with its entities decoded */
};

struct html_tag {
	const char *name; /* in lower case; of a closing one "/a" */
	struct html_attribute *attributes;
	size_t n;
};

struct html {
	struct html_tag *tags;
	size_t n;
	const char *words; /* between the tags; a line ends at each tag that is not one within a line */
	const char *style; /* what stands in <style> and in style= */
};

/* Whatever is between < and > is a tag, closed or not: a page that is no HTML has odd tags, and no error. On ctx. */
struct html *html_read(TALLOC_CTX *ctx, const char *page);

/* NULL: it has none of that name. */
const char *html_attribute(const struct html_tag *tag, const char *name);

#endif
