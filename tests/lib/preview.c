/*
 * preview THEME OUT: every page of a theme in each of its states, filled with invented data, as files
 * OUT/NAME.html. For whoever writes a theme, and for the tests that look at the pages without a server.
 * Prints one name a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tmpl.h"

static const char *const page_files[] = {
#define PAGE(name, file) file,
#include "portal/pages.def"
#undef PAGE
};

static const char *const names[] = {
#define NAME(name, sentence) #name,
#include "portal/names.def"
#undef NAME
};

#define NOTICE \
	"Votre compte a bien été activé. Votre question défi et votre réponse secrète ont été enregistrées."

static const struct pair {
	const char *name, *text;
} common[] = {
    {"base", "/demo/portail"},
    {"election", "demo"},
    {"election_titre", "Élections professionnelles 2026"},
    {"bandeau", "Le vote se déroule du 1er au 8 décembre 2026, entièrement en ligne."},
    {"csrf", "dGVzdA"},
    {"requete", "8f2a51c09be37d64"},
    {"version", "1"},
    {"telephone", "01 23 45 67 89"},
    {"telephone_horaires", "du lundi au vendredi, de 8\u00a0h à 18\u00a0h"},
    {"assistance_courriel", "assistance@elections.example.fr"},
    {"ouverture_paris", "mardi 1er\u00a0décembre 2026 à 8\u00a0h\u00a000"},
    {"ouverture_iso", "2026-12-01T08:00:00+01:00"},
    {"fermeture_paris", "mardi 8\u00a0décembre 2026 à 17\u00a0h\u00a000"},
    {"fermeture_iso", "2026-12-08T17:00:00+01:00"},
    {"captcha_id", "b7e1"},
    {"identifiant", "jean-christophe.dupont-lavigne@ac-nantes.fr"},
    {"nom", "M. Jean-Christophe DUPONT-LAVIGNE"},
    {"affectation", "Lycée polyvalent Aristide-Briand, Saint-Nazaire"},
    {"academie", "Nantes"},
    {"reference", "K7-M2"},
    {"reclamation_numero", "K7M-2QX4"},
    {"reclamation_etat", "Reçue"},
    {"reclamation_objet", "Je ne figure pas sur la liste électorale"},
    {"reclamation_scrutin", "Commission consultative paritaire"},
    {"reclamation_date", "mercredi 4\u00a0novembre 2026 à 9\u00a0h\u00a005"},
    {"reclamation_avant", "lundi 9\u00a0novembre 2026 à 18\u00a0h\u00a000"},
    {"reclamation_texte", "Je travaille au lycée depuis septembre."},
    {"document_nom", "Arrêté d’affectation.pdf"},
    {"document_taille", "340\u00a0Ko"},
    {"document_au_plus", "5\u00a0Mo"},
    {"question_actuelle", "Quel était le nom de votre premier animal\u00a0?"},
};

static void
fill_dates(struct tmpl_data *d)
{
	tmpl_text(d, "jours", "16");
	tmpl_text(d, "heures", "12");
	tmpl_text(d, "minutes", "20");
	tmpl_text(d, "duree_iso", "P16DT12H20M");
}

static void
fill_rules(struct tmpl_data *d, bool tried)
{
	static const char *const rules[] = {
	    "entre 12 et 256 caractères",
	    "au moins une lettre minuscule non accentuée",
	    "au moins une lettre majuscule non accentuée",
	    "au moins un chiffre",
	    "au moins un caractère spécial (par exemple - ! ? @ _ , .)",
	    "ni votre nom ni votre prénom",
	    "difficile à deviner\u00a0: pas seulement des mots courants, des suites de touches, des répétitions ou des dates",
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++) {
		struct tmpl_data *item = tmpl_item(d, "regles");

		tmpl_text(item, "regle_texte", rules[i]);
		tmpl_switch(item, "regle_ok", tried && i % 3 != 0);
		tmpl_switch(item, "regle_ko", tried && i % 3 == 0);
	}
}

static void
fill_questions(struct tmpl_data *d)
{
	static const char *const questions[] = {
	    "Quel était le prénom de votre meilleur ami ou de votre meilleure amie d’enfance\u00a0?",
	    "Dans quelle ville se sont rencontrés vos parents\u00a0?",
	    "Quel était le nom de votre premier animal\u00a0?",
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(*questions); i++) {
		struct tmpl_data *item = tmpl_item(d, "questions");

		tmpl_format(item, "question_id", "%zu", i + 1);
		tmpl_text(item, "question_texte", questions[i]);
		tmpl_switch(item, "question_choisie", i == 1);
	}
}

static void
fill_scrutins(struct tmpl_data *d)
{
	static const char *const rows[][3] = {
	    {"CSAMEN", "Comité social d’administration ministériel de l’éducation nationale", "national"},
	    {"CSAA", "Comité social d’administration académique de Nantes", "académique"},
	    {"CAPN", "Commission administrative paritaire nationale des professeurs agrégés", "national"},
	    {"CCP", "Commission consultative paritaire", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tmpl_data *item = tmpl_item(d, "scrutins");

		tmpl_text(item, "scrutin_type", rows[i][0]);
		tmpl_text(item, "scrutin_nom", rows[i][1]);
		tmpl_text(item, "scrutin_niveau", rows[i][2]);
	}
}

static void
fill_error(struct tmpl_data *d, const char *field, const char *message)
{
	struct tmpl_data *item = tmpl_item(d, "erreurs");

	tmpl_switch(d, "erreur", true);
	tmpl_format(d, talloc_asprintf(d, "erreur_%s", field), "%s", message);
	tmpl_text(item, "champ", field);
	tmpl_text(item, "message", message);
}

static void
fill_errors(struct tmpl_data *d, const char *fields)
{
	static const struct pair messages[] = {
	    {"identifiant", "Saisissez votre identifiant\u00a0: c’est votre adresse professionnelle."},
	    {"captcha", "La saisie du CAPTCHA est incorrecte. Recopiez le nouveau code, demandez-en un autre "
	                "ou écoutez-le."},
	    {"mot_de_passe", "Ce mot de passe est refusé."},
	    {"mot_de_passe_actuel", "Ce n’est pas votre mot de passe actuel."},
	    {"reponse_actuelle", "Ce n’est pas la réponse enregistrée."},
	    {"confirmation", "La confirmation diffère du mot de passe."},
	    {"question", "Choisissez une question défi."},
	    {"reponse", "Saisissez votre réponse."},
	    {"reponse_confirmation", "Les deux réponses diffèrent."},
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		if (strstr(fields, talloc_asprintf(d, " %s ", messages[i].name)) != NULL)
			fill_error(d, messages[i].name, messages[i].text);
}

static void
fill_account(struct tmpl_data *d)
{
	static const char *const browsers[] = {"Firefox sous Windows", "Safari sur iPhone"};
	const char *when = "mardi 24\u00a0novembre 2026 à 14\u00a0h\u00a012";

	tmpl_switch(d, "autres_sessions", true);
	for (int i = 0; i < 2; i++) {
		struct tmpl_data *session = tmpl_item(d, "sessions"), *device = tmpl_item(d, "appareils"), *act = tmpl_item(d, "acces");

		tmpl_format(session, "session_nom", "%d", i);
		tmpl_text(session, "session_navigateur", browsers[i]);
		tmpl_text(session, "session_debut", when);
		tmpl_text(session, "session_vue", when);
		tmpl_switch(session, "session_ici", i == 0);
		tmpl_format(device, "appareil_nom", "%d", i);
		tmpl_text(device, "appareil_navigateur", browsers[i]);
		tmpl_text(device, "appareil_premier", when);
		tmpl_text(device, "appareil_dernier", when);
		tmpl_switch(device, "appareil_ici", i == 0);
		tmpl_text(act, "acces_quand", when);
		tmpl_text(act, "acces_quoi", "Connexion par mot de passe");
		tmpl_text(act, "acces_navigateur", browsers[i]);
	}
}

static void
fill_session(struct tmpl_data *d)
{
	tmpl_text(d, "session_fin", "14\u00a0h\u00a032");
	tmpl_text(d, "session_fin_iso", "2026-11-24T14:32:00+01:00");
	tmpl_text(d, "session_delai", "1080");
}

static void
fill_refusal(struct tmpl_data *d)
{
	struct tmpl_data *item;

	tmpl_text(d, "code", "503");
	tmpl_text(d, "explication",
	          "Une partie du service ne répond pas. Rien n’a été modifié ni perdu de votre côté.");
	tmpl_text(d, "que_faire", "Attendez une minute puis recommencez.");
	tmpl_text(d, "reessayer", "Vous pouvez recommencer dans 30 secondes.");
	tmpl_text(d, "renvoyer_adresse", "/demo/portail/accueil");
	item = tmpl_item(d, "champs");
	tmpl_text(item, "champ_nom", "identifiant");
	tmpl_text(item, "champ_valeur", "jean.dupont@ac-nantes.fr");
	tmpl_text(d, "retour_adresse", "/demo/portail/");
	tmpl_text(d, "retour_texte", "Revenir à l’accueil du portail");
}

/* One state of one page: the switches that are on, the fields that are wrong, the texts that are not there.
 */
static const struct state {
	const char *out, *file, *title, *on, *wrong, *without;
} states[] = {
    {"bienvenue", "bienvenue.html", "Bienvenue", "avant", "", ""},
    {"bienvenue-pendant", "bienvenue.html", "Bienvenue", "pendant", "", ""},
    {"bienvenue-apres", "bienvenue.html", "Bienvenue", "apres", "", "bandeau"},
    {"acces", "acces.html", "Accès au portail Élections", "", "", "identifiant"},
    {"acces-faux", "acces.html", "Accès au portail Élections", "", " identifiant captcha ", ""},
    {"connexion", "connexion.html", "Connexion", "", "", ""},
    {"connexion-faux", "connexion.html", "Connexion", "", " mot_de_passe ", ""},
    {"mot-de-passe", "mot-de-passe.html", "Initialisation du mot de passe Élections", "", "", ""},
    {"mot-de-passe-faux", "mot-de-passe.html", "Initialisation du mot de passe Élections",
     "essaye captcha_resolu", " mot_de_passe confirmation ", ""},
    {"mot-de-passe-nouveau", "mot-de-passe.html", "Nouveau mot de passe Élections", "renouvellement", "", ""},
    {"mot-de-passe-oublie", "mot-de-passe-oublie.html", "Mot de passe oublié", "", "", ""},
    {"mot-de-passe-oublie-faux", "mot-de-passe-oublie.html", "Mot de passe oublié", "", " identifiant captcha ", ""},
    {"mot-de-passe-envoye", "mot-de-passe-envoye.html", "Mot de passe oublié\u00a0: regardez votre messagerie", "", "", ""},
    {"question-defi", "question-defi.html", "Question défi", "", "", ""},
    {"question-defi-faux", "question-defi.html", "Question défi", "",
     " question reponse reponse_confirmation ", ""},
    {"lien-expire", "lien.html", "Ce lien a expiré", "lien_expire renouvelable", "", ""},
    {"lien-active", "lien.html", "Votre compte est déjà activé", "lien_utilise_active", "", ""},
    {"lien-entre", "lien.html", "Ce lien a déjà servi", "lien_utilise_entre renouvelable", "", ""},
    {"lien-change", "lien.html", "Ce lien a déjà servi", "lien_utilise_change renouvelable", "", ""},
    {"lien-annule", "lien.html", "Ce lien ne sert plus", "lien_annule renouvelable", "", ""},
    {"lien-inconnu", "lien.html", "Ce lien n’est pas reconnu", "lien_inconnu", "", ""},
    {"accueil", "accueil.html", "Votre portail Élections", "connecte avant active notice scrutins", "", ""},
    {"accueil-tahiti", "accueil.html", "Votre portail Élections", "connecte pendant scrutins autre_fuseau",
     "", ""},
    {"accueil-sans", "accueil.html", "Votre portail Élections", "connecte apres sans_scrutin", "",
     "affectation academie"},
    {"aide", "aide.html", "Aide et foire aux questions", "connecte", "", ""},
    {"mentions-legales", "mentions-legales.html", "Mentions légales", "", "", ""},
    {"donnees-personnelles", "donnees-personnelles.html", "Données personnelles et cookies", "", "", ""},
    {"parcours-electeur", "parcours-electeur.html", "Parcours électeur", "", "", ""},
    {"parcours-de-vote", "parcours-de-vote.html", "Parcours de vote", "avant", "", ""},
    {"reassorts", "reassorts.html", "Réassorts", "avant", "", ""},
    {"assistance-recue", "assistance-recue.html", "Votre demande est enregistrée", "", "", ""},
    {"assistance", "assistance.html", "Demande d’assistance", "", "", ""},
    {"assistance-sans", "assistance.html", "Demande d’assistance", "", "", "telephone assistance_courriel"},
    {"reclamations", "reclamations.html", "Mes réclamations", "connecte", "", ""},
    {"reclamation", "reclamation.html", "Réclamation K7M-2QX4", "connecte", "", ""},
    {"reclamation-nouvelle", "reclamation-nouvelle.html", "Formuler une réclamation", "connecte", "", ""},
    {"reclamation-verification", "reclamation-verification.html", "Vérifiez votre réclamation", "connecte", "", ""},
    {"reclamations-closes", "reclamations-closes.html", "Les réclamations sont closes", "connecte", "", ""},
    {"reclamation-publique", "reclamation-publique.html", "Réclamation sans connexion", "", "", ""},
    {"reclamation-recue", "reclamation-recue.html", "Votre réclamation est enregistrée", "", "", ""},
    {"accessibilite", "accessibilite.html", "Déclaration d’accessibilité", "", "", ""},
    {"mon-compte", "mon-compte.html", "Mon compte", "connecte active compte notice", "", ""},
    {"changer-mot-de-passe", "changer-mot-de-passe.html", "Changer mon mot de passe", "connecte active renouvellement", "", "captcha_id"},
    {"changer-mot-de-passe-faux", "changer-mot-de-passe.html", "Changer mon mot de passe", "connecte active renouvellement essaye", " mot_de_passe_actuel mot_de_passe captcha ", ""},
    {"changer-mot-de-passe-sans", "changer-mot-de-passe.html", "Changer mon mot de passe", "connecte", "", ""},
    {"changer-question", "changer-question.html", "Changer ma question défi", "connecte active", "", "captcha_id"},
    {"reassort-lien", "reassort.html", "Réassort du code de vote", "connecte possible avant", "", "lien_inutile"},
    {"reassort-question", "reassort.html", "Réassort du code de vote", "connecte possible lien_valable pendant", "", "lien_inutile"},
    {"reassort-faux", "reassort.html", "Réassort du code de vote", "connecte possible lien_valable pendant", " reponse ", "lien_inutile"},
    {"reassort-code", "reassort-code.html", "Votre nouveau code de vote", "connecte pendant", "", ""},
    {"changer-question-faux", "changer-question.html", "Changer ma question défi", "connecte active", " mot_de_passe_actuel reponse_actuelle question reponse ", "captcha_id"},
    {"mon-compte-sans", "mon-compte.html", "Mon compte", "connecte", "", "affectation academie"},
    {"session", "session.html", "Votre session", "connecte", "", ""},
    {"session-au-plus", "session.html", "Votre session", "connecte session_au_plus", "", ""},
    {"deconnexion", "deconnexion.html", "Se déconnecter", "connecte", "", ""},
    {"erreur", "erreur.html", "Le portail est momentanément indisponible", "refus", "", ""},
    {"erreur-nue", "erreur.html", "Une erreur s’est produite", "", "",
     "base election_titre bandeau requete telephone csrf"},
};

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += n)
		if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return true;
	return false;
}

static void
fill_switches(struct tmpl_data *d, const char *on)
{
	static const char *const plain[] = {"avant",
	                                    "pendant",
	                                    "apres",
	                                    "active",
	                                    "connecte",
	                                    "captcha_resolu",
	                                    "lien_expire",
	                                    "lien_utilise_active",
	                                    "lien_utilise_entre",
	                                    "lien_utilise_change",
	                                    "lien_annule",
	                                    "lien_inconnu",
	                                    "renouvellement",
	                                    "renouvelable",
	                                    "sans_scrutin",
	                                    "session_au_plus",
	                                    "autre_fuseau"};

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		tmpl_switch(d, plain[i], has_word(on, plain[i]));
	tmpl_text(d, "notice", has_word(on, "notice") ? NOTICE : NULL);
	tmpl_text(d, "active_le", "15\u00a0novembre 2026 à 9\u00a0h\u00a005");
	tmpl_text(d, "fuseau_nom", "Papeete");
	tmpl_text(d, "ouverture_locale", "lundi 30\u00a0novembre 2026 à 21\u00a0h\u00a000");
	tmpl_text(d, "fermeture_locale", "mardi 8\u00a0décembre 2026 à 6\u00a0h\u00a000");
	if (has_word(on, "scrutins"))
		fill_scrutins(d);
	if (has_word(on, "connecte"))
		fill_session(d);
	if (has_word(on, "compte"))
		fill_account(d);
	if (has_word(on, "refus"))
		fill_refusal(d);
}

static char *
state_render(TALLOC_CTX *ctx, const struct tmpl_set *set, const struct state *s, size_t *len_r)
{
	struct tmpl_data *d = tmpl_data_new(ctx);

	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (!has_word(s->without, common[i].name))
			tmpl_text(d, common[i].name, common[i].text);
	tmpl_text(d, "titre", s->title);
	fill_dates(d);
	fill_rules(d, has_word(s->on, "essaye"));
	fill_questions(d);
	fill_switches(d, s->on);
	fill_errors(d, s->wrong);
	return tmpl_render(ctx, set, s->file, d, len_r);
}

static int
state_write(const struct tmpl_set *set, const struct state *s, const char *dir)
{
	TALLOC_CTX *ctx = talloc_new(NULL);
	size_t len;
	const char *page = state_render(ctx, set, s, &len),
		   *path = talloc_asprintf(ctx, "%s/%s.html", dir, s->out);
	FILE *f = fopen(path, "w");
	bool written = f != NULL && fwrite(page, 1, len, f) == len;

	if (f == NULL || fclose(f) != 0 || !written) {
		perror(path);
		return 1;
	}
	printf("%s\n", s->out);
	talloc_free(ctx);
	return 0;
}

int
main(int argc, char **argv)
{
	char *why;
	struct tmpl_set *set;
	int status = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: preview THEME OUT\n");
		return 64;
	}
	set = tmpl_load(NULL, argv[1], page_files, sizeof(page_files) / sizeof(*page_files), names,
	                sizeof(names) / sizeof(*names), &why);
	if (set == NULL) {
		fprintf(stderr, "%s\n", why);
		return 78;
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(*states) && status == 0; i++)
		status = state_write(set, &states[i], argv[2]);
	talloc_free(set);
	return status;
}
