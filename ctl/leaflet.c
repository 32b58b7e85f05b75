/*
 * Sheets through cairo (no other file of isoloirctl sees its header). The name stands where envelopes of 110 by 220 mm have their window. Pages leave
 * as they are finished, so a file costs the memory of a page.
 */
#include "ctl/leaflet.h"

#include <cairo-pdf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MM (72.0 / 25.4) /* points */
#define WIDTH 210.0
#define HEIGHT 297.0
#define LEFT 25.0
#define TEXT_WIDTH 160.0
#define WINDOW_LEFT 108.0
#define WINDOW_TOP 50.0
#define WINDOW_WIDTH 80.0
#define SANS "DejaVu Sans"
#define MONO "DejaVu Sans Mono"

struct leaflet {
	cairo_surface_t *surface;
	cairo_t *cr;
	int fd, error;
	const struct leaflet_frame *frame;
};

static cairo_status_t
write_bytes(void *closure, const unsigned char *bytes, unsigned len)
{
	struct leaflet *l = closure;

	while (len > 0) {
		ssize_t n = write(l->fd, bytes, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			l->error = n == 0 ? ENOSPC : errno;
			return CAIRO_STATUS_WRITE_ERROR;
		}
		bytes += n;
		len -= (unsigned)n;
	}
	return CAIRO_STATUS_SUCCESS;
}

static int
put_away(struct leaflet *l)
{
	cairo_destroy(l->cr);
	cairo_surface_destroy(l->surface);
	return 0;
}

struct leaflet *
leaflet_open(TALLOC_CTX *ctx, int fd, const struct leaflet_frame *frame)
{
	struct leaflet *l = talloc_zero(ctx, struct leaflet);

	l->fd = fd;
	l->frame = frame;
	l->surface = cairo_pdf_surface_create_for_stream(write_bytes, l, WIDTH * MM, HEIGHT * MM);
	l->cr = cairo_create(l->surface);
	cairo_scale(l->cr, MM, MM);
	talloc_set_destructor(l, put_away);
	return l;
}

/* Millimetres of a line of that size. */
static void
set_font(struct leaflet *l, const char *family, bool bold, double size)
{
	cairo_select_font_face(l->cr, family, CAIRO_FONT_SLANT_NORMAL, bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(l->cr, size);
}

static double
width_of(struct leaflet *l, const char *text)
{
	cairo_text_extents_t e;

	cairo_text_extents(l->cr, text, &e);
	return e.x_advance;
}

static void
line_at(struct leaflet *l, double x, double y, const char *text)
{
	cairo_move_to(l->cr, x, y);
	cairo_show_text(l->cr, text);
}

/* The words of a text in lines of at most width; *y is the line after them. A word that is too wide alone stands alone. */
static void
paragraph(struct leaflet *l, double x, double *y, double width, double leading, const char *text)
{
	char *words = talloc_strdup(l, text), *line = talloc_strdup(l, ""), *rest = words;

	for (char *word = strsep(&rest, " "); word != NULL; word = strsep(&rest, " ")) {
		char *longer = talloc_asprintf(l, "%s%s%s", line, line[0] != '\0' ? " " : "", word);

		if (line[0] != '\0' && width_of(l, longer) > width) {
			line_at(l, x, *y, line);
			*y += leading;
			longer = talloc_strdup(l, word);
		}
		talloc_free(line);
		line = longer;
	}
	line_at(l, x, *y, line);
	*y += leading;
	talloc_free(line);
	talloc_free(words);
}

static void
draw_address(struct leaflet *l, const struct leaflet_page *p)
{
	double y = WINDOW_TOP;

	set_font(l, SANS, true, 4);
	paragraph(l, WINDOW_LEFT, &y, WINDOW_WIDTH, 5.2, p->name);
	set_font(l, SANS, false, 3.6);
	paragraph(l, WINDOW_LEFT, &y, WINDOW_WIDTH, 4.8, p->posting);
}

/* Three signs, and beside them how they are said. */
static void
draw_groups(struct leaflet *l, const char *code, double y)
{
	for (const char *group = code; group < code + CODE_TEXT_SIZE; group += CODE_GROUP + 1, y += 6.4) {
		char *signs = talloc_strndup(l, group, CODE_GROUP);
		char *said = talloc_asprintf(l, "%s, %s, %s", code_word(group[0]), code_word(group[1]), code_word(group[2]));

		set_font(l, MONO, true, 4.4);
		line_at(l, LEFT, y, signs);
		set_font(l, SANS, false, 3.6);
		line_at(l, LEFT + 18, y, said);
		talloc_free(said);
		talloc_free(signs);
	}
}

static void
draw_code(struct leaflet *l, const char *code)
{
	set_font(l, MONO, true, 9.6);
	cairo_set_line_width(l->cr, .5);
	cairo_rectangle(l->cr, LEFT, 117, TEXT_WIDTH, 19);
	cairo_stroke(l->cr);
	line_at(l, LEFT + (TEXT_WIDTH - width_of(l, code)) / 2, 130, code);
	draw_groups(l, code, 146);
}

static void
draw_how(struct leaflet *l)
{
	const struct leaflet_frame *f = l->frame;
	const char *how[] = {
	    talloc_asprintf(l, "1.\u00a0Du %s au %s (heure de Paris), entrez sur %s avec votre identifiant (votre adresse professionnelle).", f->opens, f->closes, f->address),
	    "2.\u00a0Choisissez votre scrutin, puis tapez ce code\u00a0: avec ou sans tirets, en majuscules ou en minuscules. Il n’y a ni O, ni I, ni L, ni U\u00a0: ce qui y ressemble "
	    "est un zéro, un 1 ou un V.",
	    "3.\u00a0Gardez cette feuille jusqu’à la fin du vote, hors de la vue des autres. Perdue, ou peut-être lue par quelqu’un\u00a0? Sur le portail, demandez un réassort\u00a0: "
	    "un nouveau code remplacera celui-ci.",
	    "Personne ne vous demandera jamais ce code, pas même l’assistance. Ne le donnez à personne.",
	};
	double y = 190;

	set_font(l, SANS, true, 4.2);
	line_at(l, LEFT, y, "Comment s’en servir");
	y += 8;
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++, y += 2.2) {
		set_font(l, SANS, i == 3, 3.6);
		paragraph(l, LEFT, &y, TEXT_WIDTH, 5.2, how[i]);
	}
}

void
leaflet_add(struct leaflet *l, const struct leaflet_page *p)
{
	char *foot = talloc_asprintf(l, "%s, n°\u00a0%lld", l->frame->batch, (long long)p->number);
	double y = 97;

	draw_address(l, p);
	set_font(l, SANS, true, 5);
	paragraph(l, LEFT, &y, TEXT_WIDTH, 6.5, l->frame->title);
	set_font(l, SANS, false, 4.2);
	line_at(l, LEFT, 112, "Votre code de vote");
	draw_code(l, p->code);
	draw_how(l);
	set_font(l, SANS, false, 3);
	line_at(l, LEFT, HEIGHT - 15, foot);
	cairo_show_page(l->cr);
	talloc_free(foot);
}

int
leaflet_close(struct leaflet *l)
{
	int error;

	cairo_surface_finish(l->surface);
	error = l->error != 0 ? l->error : cairo_surface_status(l->surface) != CAIRO_STATUS_SUCCESS ? EIO : 0;
	if (error == 0 && fsync(l->fd) == -1)
		error = errno;
	talloc_free(l);
	errno = error;
	return error == 0 ? 0 : -1;
}
