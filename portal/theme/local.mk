# The default theme: pages, parts, style sheet and script; nginx serves the last two and the picture.
themedir = $(pkgdatadir)/theme/default
dist_theme_DATA = \
	portal/theme/default/acces.html \
	portal/theme/default/accessibilite.html \
	portal/theme/default/accueil.html \
	portal/theme/default/aide.html \
	portal/theme/default/assistance.html \
	portal/theme/default/assistance-recue.html \
	portal/theme/default/bienvenue.html \
	portal/theme/default/connexion.html \
	portal/theme/default/deconnexion.html \
	portal/theme/default/erreur.html \
	portal/theme/default/donnees-personnelles.html \
	portal/theme/default/mentions-legales.html \
	portal/theme/default/parcours-de-vote.html \
	portal/theme/default/parcours-electeur.html \
	portal/theme/default/reassort.html portal/theme/default/reassort-code.html \
	portal/theme/default/reassorts.html \
	portal/theme/default/texte.html \
	portal/theme/default/lien.html \
	portal/theme/default/mon-compte.html \
	portal/theme/default/changer-mot-de-passe.html \
	portal/theme/default/changer-question.html \
	portal/theme/default/session.html \
	portal/theme/default/plan-du-site.html \
	portal/theme/default/mot-de-passe.html \
	portal/theme/default/mot-de-passe-envoye.html \
	portal/theme/default/mot-de-passe-oublie.html \
	portal/theme/default/question-defi.html \
	portal/theme/default/mes-scrutins.html \
	portal/theme/default/liste-electorale.html \
	portal/theme/default/liste-electorale-fermee.html \
	portal/theme/default/nginx-400.html \
	portal/theme/default/nginx-404.html \
	portal/theme/default/nginx-413.html \
	portal/theme/default/nginx-503.html \
	portal/theme/default/reclamation.html \
	portal/theme/default/reclamation-nouvelle.html \
	portal/theme/default/reclamation-publique.html \
	portal/theme/default/reclamation-recue.html \
	portal/theme/default/reclamation-verification.html \
	portal/theme/default/reclamations.html \
	portal/theme/default/reclamations-closes.html \
	portal/theme/default/favicon.svg \
	portal/theme/default/script.js \
	portal/theme/default/tutoriel-1-acces.png \
	portal/theme/default/tutoriel-2-connexion.png \
	portal/theme/default/tutoriel-3-courriel.png \
	portal/theme/default/tutoriel-4-mot-de-passe.png \
	portal/theme/default/tutoriel-5-question-defi.png \
	portal/theme/default/tutoriel-6-accueil.png \
	portal/theme/default/listes.html \
	portal/theme/default/profession-de-foi.html \
	portal/theme/default/tirage-au-sort.html \
	portal/theme/default/tirage.html \
	portal/theme/default/style.css
themepartsdir = $(themedir)/parts
dist_themeparts_DATA = \
	portal/theme/default/parts/captcha.html \
	portal/theme/default/parts/compte-a-rebours.html \
	portal/theme/default/parts/coordonnees.html \
	portal/theme/default/parts/contact.html \
	portal/theme/default/parts/erreurs.html \
	portal/theme/default/parts/fin-session.html \
	portal/theme/default/parts/mot-de-passe-actuel.html \
	portal/theme/default/parts/nouveau-mot-de-passe.html \
	portal/theme/default/parts/nouvelle-question.html \
	portal/theme/default/parts/obligatoire.html \
	portal/theme/default/parts/objet-reclamation.html \
	portal/theme/default/parts/pied.html \
	portal/theme/default/parts/reclamations-delai.html \
	portal/theme/default/parts/texte-reclamation.html \
	portal/theme/default/parts/rien-recu.html \
	portal/theme/default/parts/retour.html \
	portal/theme/default/parts/choix-affectation.html \
	portal/theme/default/parts/dates-listes.html \
	portal/theme/default/parts/table-electeurs.html \
	portal/theme/default/parts/texte.html \
	portal/theme/default/parts/tete.html
themetextsdir = $(themedir)/textes
dist_themetexts_DATA = \
	portal/theme/default/textes/donnees-personnelles.txt \
	portal/theme/default/textes/edito.txt \
	portal/theme/default/textes/faq.txt \
	portal/theme/default/textes/identifiant-oublie.txt \
	portal/theme/default/textes/mentions-legales.txt

dist_man_MANS += man/isoloir-theme.5
EXTRA_DIST += tests/lib/typography.mjs

# The tutorial's pictures, and what their screens say: tests/browser/tutoriels.test.mjs compares.
EXTRA_DIST += tests/browser/tutoriels.test.mjs tests/lib/png.mjs \
	tests/browser/tutoriels/tutoriel-1-acces.txt tests/browser/tutoriels/tutoriel-2-connexion.txt \
	tests/browser/tutoriels/tutoriel-3-courriel.txt tests/browser/tutoriels/tutoriel-4-mot-de-passe.txt \
	tests/browser/tutoriels/tutoriel-5-question-defi.txt tests/browser/tutoriels/tutoriel-6-accueil.txt

# Writes every page in each of its states with invented data, to look at without a server.
check_PROGRAMS += tests/lib/preview
tests_lib_preview_SOURCES = tests/lib/preview.c
tests_lib_preview_LDADD = $(COMMON_LIBS)

check_PROGRAMS += tests/unit/test_theme
TESTS += tests/unit/test_theme
tests_unit_test_theme_SOURCES = tests/unit/test_theme.c
tests_unit_test_theme_LDADD = $(TEST_LIBS)
