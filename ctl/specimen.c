#include "ctl/specimen.h"

#include "common/base/clock.h"
#include "mailer/campaign.h"

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

int
specimen_theme(struct ctl *c, struct tmpl_set **theme_r)
{
	char *why = NULL;

	compose_init();
	*theme_r = compose_load(c, c->conf->mail_theme, &why);
	return *theme_r != NULL ? EX_OK : ctl_fail(c, EX_DATAERR, "%s", why);
}

/* To nobody whom we know, without a link. */
static struct compose_facts
facts(const struct conf *c, enum queue_mail mail, const char *address, int64_t at_s)
{
	return (struct compose_facts){
	    .mail = mail,
	    .id = "0193c0ffee0000000000000000000000",
	    .created_s = at_s,
	    .address = address,
	    .civility = "",
	    .given_name = "",
	    .family_name = "",
	    .time_zone = "Europe/Paris",
	    .expires_s = at_s + campaign_link_validity_s(c, mail),
	    .reference = "K7M-2QX4",
	};
}

char *
specimen_write(TALLOC_CTX *ctx, const struct conf *c, const struct tmpl_set *theme, enum queue_mail mail, const struct specimen *to, size_t *len_r)
{
	struct compose_facts f = facts(c, mail, to->address, WHEN_S);

	if (!queue_mail_is_to_anybody(mail)) {
		f.civility = to->civility;
		f.given_name = to->given_name;
		f.family_name = to->family_name;
		f.time_zone = to->time_zone;
	}
	f.title = "Élections professionnelles 2026";
	f.slug = "demo";
	f.token = queue_mail_purpose(mail) != NULL ? SPECIMEN_TOKEN : NULL;
	f.opens_s = WHEN_S + 16 * 86400;
	f.closes_s = WHEN_S + 23 * 86400;
	f.answer = office_words;
	f.accepted = true;
	return compose_write(ctx, c, theme, &f, len_r);
}

char *
specimen_test(TALLOC_CTX *ctx, const struct conf *c, const struct tmpl_set *theme, enum queue_mail mail, const struct specimen_election *of, const char *address, size_t *len_r)
{
	struct compose_facts f = facts(c, mail, address, clock_now_s());
	struct elector nobody = {0};

	campaign_specimen(&nobody);
	f.civility = nobody.civility;
	f.given_name = nobody.given_name;
	f.family_name = nobody.family_name;
	f.title = of->title;
	f.slug = of->slug;
	f.token = queue_mail_purpose(mail) != NULL ? CAMPAIGN_SPECIMEN_TOKEN : NULL;
	f.opens_s = of->opens_s;
	f.closes_s = of->closes_s;
	return compose_write(ctx, c, theme, &f, len_r);
}

const char *
specimen_show(struct ctl *c, const char *bytes, size_t len)
{
	const struct compose_seen *seen = compose_read(c, bytes, len);

	js_set_text(c->out, "from", seen->from);
	js_set_text(c->out, "to", seen->to);
	js_set_text(c->out, "subject", seen->subject);
	if (ctl_has(c, OPTION_JSON)) {
		js_set_text(c->out, "text", seen->text);
		js_set_text(c->out, "html", seen->html);
		js_set_text(c->out, "eml", bytes);
	}
	return seen->text;
}
