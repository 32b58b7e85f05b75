/* The inside of templates: what tmpl.c parses a file into, and tmpl_fill.c walks. */
#ifndef ISOLOIR_TMPL_TREE_H
#define ISOLOIR_TMPL_TREE_H

#include "common/tmpl.h"

enum node_kind { NODE_TEXT, NODE_VARIABLE, NODE_SECTION, NODE_INVERTED, NODE_PART };

struct block {
	struct node *nodes;
	size_t n;
};

struct node {
	enum node_kind kind;
	const char *text; /* the bytes of a NODE_TEXT, otherwise the name */
	size_t len;
	struct block body;            /* of a section */
	const struct tmpl_file *part; /* of a NODE_PART */
};

struct tmpl_file {
	struct tmpl_file *next;
	char *name; /* "page.html", "parts/head.html" */
	char *path; /* with the directory, for messages */
	const char *ending;
	enum tmpl_escape escape;
	bool is_open; /* being parsed: a part that asks for it would never end */
	struct block body;
};

struct tmpl_set {
	const char *dir;
	struct tmpl_file *files;
	const char **names; /* sorted */
	size_t n_names;
};

bool tmpl_name_is_known(const struct tmpl_set *set, const char *name);
/* NULL: none of that name ("page.html"). */
struct tmpl_file *tmpl_file_find(const struct tmpl_set *set, const char *name);

#endif
