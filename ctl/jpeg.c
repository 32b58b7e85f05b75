/* JPEG through libjpeg, which ends in exit() unless told otherwise, repairs what is damaged, and would follow a file through any number of scans. */
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

#include "common/base/task.h"
#include "ctl/logo.h"

#define SCANS_MAX 64 /* progressive files have about ten; each is a pass over the whole picture, so a large one may have fewer */
#define WORK_MAX ((uint64_t)12 * LOGO_SIDE_MAX * LOGO_SIDE_MAX) /* pixels times scans: two seconds */

struct reader {
	struct jpeg_decompress_struct info; /* first: libjpeg hands out its address */
	struct jpeg_error_mgr error;
	struct jpeg_progress_mgr progress;
	jmp_buf back;
	char message[JMSG_LENGTH_MAX];
	struct logo_pixels *out;
	TALLOC_CTX *ctx;
};

static void
leave(j_common_ptr info)
{
	struct reader *r = (struct reader *)(void *)info;

	info->err->format_message(info, r->message);
	longjmp(r->back, 1);
}

/* A warning means that the file is damaged and the picture partly made up. Traces, of levels from 0 on, mean nothing. */
static void
emit(j_common_ptr info, int level)
{
	if (level < 0)
		leave(info);
}

static void
refuse_long(j_common_ptr info)
{
	struct reader *r = (struct reader *)(void *)info;

	uint64_t scans = (uint64_t)r->info.input_scan_number;

	if (scans <= SCANS_MAX && scans * r->info.image_width * r->info.image_height <= WORK_MAX)
		return;
	snprintf(r->message, sizeof(r->message), "too many scans");
	longjmp(r->back, 1);
}

static void
fail(struct reader *r, const char *message)
{
	snprintf(r->message, sizeof(r->message), "%s", message);
	longjmp(r->back, 1);
}

static void
read_header(struct reader *r, const void *bytes, size_t len)
{
	jpeg_mem_src(&r->info, bytes, len);
	jpeg_read_header(&r->info, TRUE);
	if (r->info.image_width > LOGO_SIDE_MAX || r->info.image_height > LOGO_SIDE_MAX)
		fail(r, "too many pixels: 4096 by 4096 are the most");
	if (r->info.num_components != 1 && r->info.num_components != 3)
		fail(r, "colours for print: save it as RGB");
	r->info.out_color_space = JCS_RGB;
}

static void
read_rows(struct reader *r)
{
	struct logo_pixels *out = r->out;

	jpeg_start_decompress(&r->info);
	*out = (struct logo_pixels){r->info.output_width, r->info.output_height, NULL};
	out->rgb = talloc_zero_size(r->ctx, 3 * out->width * out->height);
	must(out->rgb != NULL);
	while (r->info.output_scanline < r->info.output_height) {
		JSAMPROW row = out->rgb + 3 * out->width * r->info.output_scanline;

		jpeg_read_scanlines(&r->info, &row, 1);
	}
	jpeg_finish_decompress(&r->info);
}

bool
jpeg_read(TALLOC_CTX *ctx, const void *bytes, size_t len, struct logo_pixels *out_r, const char **why_r)
{
	struct reader *r = talloc_zero(ctx, struct reader);
	bool right = false;

	r->ctx = ctx;
	r->out = out_r;
	r->info.err = jpeg_std_error(&r->error);
	r->error.error_exit = leave;
	r->error.emit_message = emit;
	r->progress.progress_monitor = refuse_long;
	if (setjmp(r->back) == 0) {
		jpeg_create_decompress(&r->info);
		r->info.progress = &r->progress;
		read_header(r, bytes, len);
		read_rows(r);
		*why_r = NULL;
	} else {
		*why_r = talloc_asprintf(ctx, "is no JPEG that can be used (%s)", r->message);
	}
	right = *why_r == NULL;
	jpeg_destroy_decompress(&r->info);
	talloc_free(r);
	return right;
}
