#include "mailer/reply.h"

#include <stdio.h>
#include <string.h>

#define LINE_MOST 1000 /* RFC 5321, 4.5.3.1.5, wants 512; libesmtp splits a line at 1023 */

void
reply_keep_text(struct verdict_reply *r, const char *text)
{
	size_t n = 0, word = 0;

	for (const char *p = text != NULL ? text : ""; *p != '\0' && n + 4 < sizeof(r->text); p++) {
		bool plain = *p > ' ' && *p < 0x7f;

		if (*p == '@') {
			n = word;
			r->text[n++] = '*';
			while (p[1] > ' ' && p[1] < 0x7f)
				p++;
			continue;
		}
		if (!plain && (n == 0 || r->text[n - 1] == ' '))
			continue;
		r->text[n++] = plain ? *p : ' ';
		if (!plain)
			word = n;
	}
	while (n > 0 && r->text[n - 1] == ' ')
		n--;
	r->text[n] = '\0';
}

/* RFC 3463, 2: a class, and two numbers of at most three digits. */
static bool
is_enhanced(const int code[3])
{
	return (code[0] == 2 || code[0] == 4 || code[0] == 5) && code[1] >= 0 && code[1] <= 999 && code[2] >= 0 && code[2] <= 999;
}

void
reply_find_enhanced(struct verdict_reply *r)
{
	if ((r->enhanced[0] == 0 && sscanf(r->text, "%1d.%3d.%3d", &r->enhanced[0], &r->enhanced[1], &r->enhanced[2]) != 3) ||
	    !is_enhanced(r->enhanced))
		memset(r->enhanced, 0, sizeof(r->enhanced));
}

void
reply_wire_byte(struct reply_wire *w, char c)
{
	static const char *const fits[] = {"2345", "0123456789", "0123456789", " -\r\n"};
	bool is_digit_place = w->column < 3, is_head = w->column < 4;

	if (c == '\0' || (is_head && strchr(fits[w->column], c) == NULL) || w->column > LINE_MOST)
		w->nonsense = true;
	w->column = c == '\n' && !is_digit_place ? 0 : w->column + 1;
}

bool
reply_wire_is_whole(const struct reply_wire *w)
{
	return !w->nonsense && w->column == 0;
}
