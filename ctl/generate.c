/*
 * An invented roll of any size, for trials: the same numbers give the same files. Written row by row; a person is made of their place alone, so
 * that nothing has to be kept.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/text.h"
#include "common/fold.h"
#include "ctl/ctl.h"
#include "ctl/meter.h"

#define ELECTORS_MOST 20000000
#define N(array) (sizeof(array) / sizeof(*(array)))

/* Names are common ones; particles, hyphens, apostrophes and letters of overseas stand among them. */
static const char *const family_names[] = {
    "Martin",  "Bernard",      "Dubois",  "Thomas",  "Robert",   "Richard",  "Petit",   "Durand",  "Leroy",    "Moreau",   "Simon",   "Laurent",
    "Lefèvre", "Michel",       "Garcia",  "David",   "Bertrand", "Roux",     "Vincent", "Fournier", "Morel",   "Girard",   "André",   "Mercier",
    "Dupont",  "Lambert",      "Bonnet",  "François", "Martinez", "Legrand", "Garnier", "Faure",   "Rousseau", "Blanc",    "Guérin",  "Müller",
    "Le Goff", "Le Gall",      "Kermarrec", "de La Tour", "d’Argent", "du Plessis", "des Essarts", "Saint-Aubin", "Nguyễn", "Trần", "Traoré", "N’Diaye",
    "Payet",   "Hoarau",       "Grondin", "Teriʻitahi", "Teuira", "Wéa",     "Naisseline", "Bouchareb", "Benoît", "Cœuret", "Etchegaray", "O’Brien",
};
static const char *const given_names[] = {
    "Marie",   "Jean",   "Nathalie", "Philippe", "Isabelle", "Michel",  "Sylvie",  "Alain",   "Catherine", "Patrick",  "Françoise", "Nicolas",
    "Valérie", "Éric",   "Céline",   "Sébastien", "Aurélie", "Frédéric", "Émilie", "Jérôme",  "Jean-Pierre", "Anne-Sophie", "Loïc", "Maëlle",
    "Nolwenn", "Yann-Erwan", "Gaëtan", "Zoé",    "Hélène",   "François-Xavier", "Mohamed", "Fatou", "Teva", "Hinano", "Moana",   "Aïcha",
    "José",    "Inès",   "Rémi",     "Thérèse",
};
/* The last ones have clocks of their own. */
static const struct {
	const char *name, *domain, *zone;
} academies[] = {
    {"Aix-Marseille", "aix-marseille", "Europe/Paris"}, {"Amiens", "amiens", "Europe/Paris"}, {"Besançon", "besancon", "Europe/Paris"},
    {"Bordeaux", "bordeaux", "Europe/Paris"}, {"Clermont-Ferrand", "clermont", "Europe/Paris"}, {"Corse", "corse", "Europe/Paris"},
    {"Créteil", "creteil", "Europe/Paris"}, {"Dijon", "dijon", "Europe/Paris"}, {"Grenoble", "grenoble", "Europe/Paris"}, {"Lille", "lille", "Europe/Paris"},
    {"Limoges", "limoges", "Europe/Paris"}, {"Lyon", "lyon", "Europe/Paris"}, {"Montpellier", "montpellier", "Europe/Paris"},
    {"Nancy-Metz", "nancy-metz", "Europe/Paris"}, {"Nantes", "nantes", "Europe/Paris"}, {"Nice", "nice", "Europe/Paris"},
    {"Normandie", "normandie", "Europe/Paris"}, {"Orléans-Tours", "orleans-tours", "Europe/Paris"}, {"Paris", "paris", "Europe/Paris"},
    {"Poitiers", "poitiers", "Europe/Paris"}, {"Reims", "reims", "Europe/Paris"}, {"Rennes", "rennes", "Europe/Paris"},
    {"Strasbourg", "strasbourg", "Europe/Paris"}, {"Toulouse", "toulouse", "Europe/Paris"}, {"Versailles", "versailles", "Europe/Paris"},
    {"Guadeloupe", "guadeloupe", "America/Guadeloupe"}, {"Guyane", "guyane", "America/Cayenne"}, {"La Réunion", "reunion", "Indian/Reunion"},
    {"Martinique", "martinique", "America/Martinique"}, {"Mayotte", "mayotte", "Indian/Mayotte"},
    {"Nouvelle-Calédonie", "noumea", "Pacific/Noumea"}, {"Polynésie française", "polynesie", "Pacific/Tahiti"},
};
static const char *const kinds[] = {"École élémentaire", "Collège", "Lycée", "Lycée professionnel", "École maternelle"};
static const char *const places[] = {"des Trois Rivières", "du Bois-Joli", "de l’Estuaire", "Simone-Veil", "du Vieux-Port", "des Monts d’Or",
                                     "Jean-Moulin", "de la Pointe", "Aimé-Césaire", "des Filaos"};
/* A body votes for a national and an academic commission of its own, beside the two committees of all. */
static const char *const bodies[] = {"ENS", "ADM", "ATSS", "EPS", "CPE", "PSY", "DIR", "INSP", "CTR"};

#define PERSONS_A_POSTING 22 /* 64,000 schools and offices for 1.4 million */
#define POSTINGS_LEAST 5

struct roll {
	struct ctl *ctl;
	int64_t n;
	uint64_t postings; /* of each academy */
	uint64_t seed;
	const char *dir;
	FILE *electors, *roll;
	char plain_family[N(family_names)][32], plain_given[N(given_names)][32];
	int64_t entries;
};

/* splitmix64: a well mixed number for each place. */
static uint64_t
mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* "jean-pierre": how a name stands in a mail address. */
static void
make_plain(struct ctl *c, const char *name, char *out, size_t size)
{
	const char *plain = fold_words(c, name);
	size_t n = 0;

	for (; *plain != '\0' && n + 1 < size; plain++)
		if ((unsigned char)*plain < 0x80)
			out[n++] = *plain == ' ' ? '-' : *plain;
	out[n] = '\0';
}

static FILE *
create(struct roll *r, const char *name)
{
	FILE *f = fopen(talloc_asprintf(r->ctl, "%s/%s", r->dir, name), "we");

	if (f == NULL)
		r->ctl->error = talloc_asprintf(r->ctl, "%s/%s: %s", r->dir, name, strerror(errno));
	return f;
}

static void
write_scrutins(FILE *f)
{
	int place = 2;

	fputs("code;kind;name;level;place;bureau;seats;form\n"
	      "CSA-MEN;CSA;Comité social d’administration ministériel;National;1;Bureau de vote centralisateur;15;list\n", f);
	for (size_t i = 0; i < N(bodies); i++)
		fprintf(f, "CAPN-%s;CAPN;Commission administrative paritaire nationale, corps %s;National;%d;Bureau de vote centralisateur;10;list\n",
		        bodies[i], bodies[i], place++);
	for (size_t a = 0; a < N(academies); a++) {
		fprintf(f, "CSA-%s;CSAA;Comité social d’administration académique, %s;Académique;%d;Bureau de vote, %s;10;list\n", academies[a].domain,
		        academies[a].name, place++, academies[a].name);
		for (size_t i = 0; i < N(bodies); i++)
			fprintf(f, "CAPA-%s-%s;CAPA;Commission administrative paritaire académique, %s, corps %s;Académique;%d;Bureau de vote, %s;6;list\n",
			        academies[a].domain, bodies[i], academies[a].name, bodies[i], place++, academies[a].name);
	}
}

/* Most teach; the others share the smaller bodies. */
static size_t
body_of(uint64_t x)
{
	return x % 100 < 60 ? 0 : 1 + x / 100 % (N(bodies) - 1);
}

/* One in eight works under contract, and has no national commission; in one place of nine the commissions are not elected. */
static void
write_codes(struct roll *r, const char *identifier, size_t academy, uint64_t x)
{
	const char *domain = academies[academy].domain, *body = bodies[body_of(x)];
	char codes[4][48];
	size_t n = 0;

	snprintf(codes[n++], sizeof(*codes), "CSA-MEN");
	snprintf(codes[n++], sizeof(*codes), "CSA-%s", domain);
	if (x >> 40 & 7)
		snprintf(codes[n++], sizeof(*codes), "CAPN-%s", body);
	if ((x >> 43) % 9 != 0)
		snprintf(codes[n++], sizeof(*codes), "CAPA-%s-%s", domain, body);
	for (size_t i = 0; i < n; i++) {
		fprintf(r->electors, "%s%s", i > 0 ? " " : "", codes[i]);
		fprintf(r->roll, "%s;%s\n", identifier, codes[i]);
	}
	fputc('\n', r->electors);
	r->entries += (int64_t)n;
}

static void
write_elector(struct roll *r, int64_t i)
{
	uint64_t x = mix(r->seed * 1000003u + (uint64_t)i), y = mix(x);
	size_t family = x % N(family_names), given = (x >> 16) % N(given_names), academy = (y >> 8) % N(academies);
	uint64_t posting = (y >> 20) % r->postings;
	char identifier[160];

	snprintf(identifier, sizeof(identifier), "%s.%s%lld@ac-%s.fr", r->plain_given[given], r->plain_family[family], (long long)i, academies[academy].domain);
	fprintf(r->electors, "%s;%s;%s;%s;%s %s %llu;%s;%s;", identifier, y & 1 ? "Mme" : "M.", family_names[family], given_names[given],
	        kinds[posting % N(kinds)], places[posting / N(kinds) % N(places)], (unsigned long long)(posting / (N(kinds) * N(places)) + 1),
	        academies[academy].name, academies[academy].zone);
	write_codes(r, identifier, academy, y);
}

static int
write_electors(struct roll *r)
{
	struct meter m;

	meter_start(&m, "inventing electors");
	fputs("identifier;civility;family_name;given_name;posting;academy;time_zone;scrutins\n", r->electors);
	fputs("identifier;scrutin\n", r->roll);
	for (int64_t i = 1; i <= r->n; i++) {
		write_elector(r, i);
		if (i % 4096 == 0)
			meter_tick(&m, (int)(i * 100 / r->n), i);
	}
	meter_end(&m);
	return fclose(r->electors) != 0 || fclose(r->roll) != 0 ? -1 : 0;
}

static bool
write_small(struct roll *r)
{
	FILE *election = create(r, "election.csv"), *questions = election != NULL ? create(r, "questions.csv") : NULL;
	FILE *scrutins = questions != NULL ? create(r, "scrutins.csv") : NULL;

	if (scrutins == NULL)
		return false;
	fputs("slug;title;banner;opens;closes;rolls_from;rolls_until;claims_until;lists_at\n"
	      "demo;Élections professionnelles 2026;Élection de démonstration : les personnes, les affectations et les dates sont inventées.;"
	      "+16d12h20m;+23d21h20m;+0m;+23d21h20m;+10d;+0m\n", election);
	fputs("place;wording\n"
	      "1;Quel était le nom de votre peluche ou de votre jouet préféré ?\n"
	      "2;Quel surnom vous donnait-on en famille dans votre enfance ?\n"
	      "3;Quel plat de la cantine refusiez-vous de manger ?\n", questions);
	write_scrutins(scrutins);
	return (fclose(election) | fclose(questions) | fclose(scrutins)) == 0;
}

static bool
open_large(struct roll *r)
{
	r->electors = create(r, "electors.csv");
	r->roll = r->electors != NULL ? create(r, "roll.csv") : NULL;
	return r->roll != NULL;
}

static void
make_all_plain(struct roll *r)
{
	for (size_t i = 0; i < N(family_names); i++)
		make_plain(r->ctl, family_names[i], r->plain_family[i], sizeof(*r->plain_family));
	for (size_t i = 0; i < N(given_names); i++)
		make_plain(r->ctl, given_names[i], r->plain_given[i], sizeof(*r->plain_given));
}

int
ctl_electors_generate(struct ctl *c)
{
	struct roll *r = talloc_zero(c, struct roll);
	int64_t seed = 1;

	r->ctl = c;
	r->dir = c->args[1];
	if (!text_number(c->args[0], 1, ELECTORS_MOST, &r->n) || (ctl_has(c, OPTION_SEED) && !text_number(c->option[OPTION_SEED], 0, INT32_MAX, &seed)))
		return ctl_fail(c, EX_USAGE, "how many takes a number from 1 to %d, and --seed one from 0 on", ELECTORS_MOST);
	if (mkdir(r->dir, 0777) == -1 && errno != EEXIST)
		return ctl_fail(c, EX_CANTCREAT, "%s: %s", r->dir, strerror(errno));
	r->seed = (uint64_t)seed;
	r->postings = (uint64_t)r->n / (N(academies) * PERSONS_A_POSTING) + POSTINGS_LEAST;
	make_all_plain(r);
	if (!write_small(r) || !open_large(r) || write_electors(r) == -1)
		return c->error != NULL ? EX_CANTCREAT : ctl_fail(c, EX_IOERR, "%s: %s", r->dir, strerror(errno));
	js_set_number(c->out, "electors", r->n);
	js_set_number(c->out, "entries", r->entries);
	ctl_say(c, "Written: election.csv, questions.csv, scrutins.csv, electors.csv and roll.csv in %s.", r->dir);
	return EX_OK;
}
