#include "ctl/specimen.h"

#define WHEN_S 1795521600 /* 24 November 2026, 13:00 in Paris: the same at each call, so that two themes can be compared */

const struct specimen specimens[] = {
#define SPECIMEN(word, civility, given, family, address, zone, sentence) {word, civility, given, family, address, zone},
#include "ctl/specimens.def"
#undef SPECIMEN
};
const size_t n_specimens = sizeof(specimens) / sizeof(*specimens);

static const char office_words[] =
    "Bonjour,\n"
    "Votre affectation à l’école Jean-Jaurès d’Angers figure désormais au dossier\u00a0; vous êtes donc inscrite au scrutin «\u00a0CSA académique\u00a0».\n"
    "\n"
    "Avez-vous reçu votre notice de vote\u00a0? Si ce n’est pas le cas, écrivez-nous.\n";

size_t
specimen_count(enum queue_mail mail)
{
	return queue_mail_is_to_anybody(mail) ? 1 : n_specimens;
}

char *
specimen_write(TALLOC_CTX *ctx, const struct conf *c, const struct tmpl_set *theme, enum queue_mail mail, const struct specimen *to, size_t *len_r)
{
	bool known = !queue_mail_is_to_anybody(mail);
	struct compose_facts f = {
	    .mail = mail,
	    .id = "0193c0ffee0000000000000000000000",
	    .created_s = WHEN_S,
	    .address = to->address,
	    .civility = known ? to->civility : "",
	    .given_name = known ? to->given_name : "",
	    .family_name = known ? to->family_name : "",
	    .time_zone = known ? to->time_zone : "Europe/Paris",
	    .title = "Élections professionnelles 2026",
	    .slug = "demo",
	    .token = queue_mail_purpose(mail) != NULL ? SPECIMEN_TOKEN : NULL,
	    .expires_s = WHEN_S + (queue_mail_class(mail) == QUEUE_CAMPAIGN ? c->campaign_validity : c->link_validity) / 1000,
	    .opens_s = WHEN_S + 16 * 86400,
	    .closes_s = WHEN_S + 23 * 86400,
	    .reference = "K7M-2QX4",
	    .answer = office_words,
	    .accepted = true,
	};

	return compose_write(ctx, c, theme, &f, len_r);
}
