/*
 * Candidate lists, and the draws by which they got their order. Who may see a scrutin's lists is the page's affair: model/scrutin.h (whose scrutin it
 * is), election_shows_lists (since when).
 */
#ifndef ISOLOIR_MODEL_LIST_H
#define ISOLOIR_MODEL_LIST_H

#include "common/db.h"
#include "portal/model/scrutin.h"

struct candidate {
	const char *civility, *given_name, *family_name, *posting;
};

struct list {
	int64_t id;
	const char *code, *title, *sigle, *organization; /* organization may be "" */
	int64_t place;        /* in the drawn order; 0: not drawn */
	int64_t withdrawn_s;  /* 0: stands */
	const char *logo;     /* hash of the logo, "" for none */
	int64_t text_size, pdf_size; /* bytes of the profession de foi; 0: none */
	struct candidate *candidates; /* by rank */
	size_t n;
};

struct list_set {
	struct list *lists; /* those that stand first, in the drawn order, then the withdrawn ones */
	size_t n, n_standing;
	bool drawn; /* each that stands has its place: before that none is shown, since a page shows them all alike or none */
};

/* The lists of a scrutin, without candidates, on the task. -1: MariaDB. */
WARN_UNUSED int list_all(struct request *r, const struct scrutin *s, struct list_set *set_r);

/* Their candidates, into the set. -1: MariaDB. */
WARN_UNUSED int list_candidates(struct request *r, const struct scrutin *s, struct list_set *set);

/* One that stands, in a scrutin that is drawn; *list_r NULL: none such. -1: MariaDB. */
WARN_UNUSED int list_find(struct request *r, const struct scrutin *s, const char *code, struct list **list_r);

/* A file of it: logo, text, pdf; data NULL: none. -1: MariaDB. */
WARN_UNUSED int list_file(struct request *r, const struct list *l, const char *kind, struct db_bytes *bytes_r);

/* Each scrutin of the election that is drawn: columns code, kind, name, drawn_at. -1: MariaDB. */
WARN_UNUSED int list_draws(struct request *r, struct db_rows **rows_r);

/*
 * The draws of one scrutin, the last first: columns seed, seed_hash, ordered, result, drawn_at, reason, scrutin's id, code, kind, name.
 * Nobody need vote in it. -1: MariaDB.
 */
WARN_UNUSED int list_draws_of(struct request *r, const char *code, struct db_rows **rows_r);

/* Codes and titles of a scrutin's lists, withdrawn ones as well. -1: MariaDB. */
WARN_UNUSED int list_titles(struct request *r, int64_t scrutin_id, struct db_rows **rows_r);

#endif
