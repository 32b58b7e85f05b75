/* Campaigns as the mailer sees them: at each sweep it makes jobs of the people that are meant, some at a time, and each job is judged once more when its
 * mail is written. */
#ifndef ISOLOIR_CAMPAIGN_H
#define ISOLOIR_CAMPAIGN_H

#include "mailer/model/elector.h"
#include "mailer/model/job.h"
#include "mailer/sender.h"

/*
 * A chore of the sweep. Of each running campaign so many mails are in the queue at most, each domain having its part of them, and no more than the ramp-up lets go: so
 * Redis holds a window of it, a domain that is slow keeps no other one back, and a campaign that is paused or cancelled is so at once. Jobs and how far
 * the domain is are one transaction: whoever dies at whatever moment, nobody is left out and nobody is taken twice.
 */
WARN_UNUSED int campaign_feed(struct task *t, struct sender *s);

/* May this mail go now? GO: yes, or it is of no campaign; WAITS: its campaign is paused, and its row is held now; OVER: cancelled. */
enum campaign_word { CAMPAIGN_GO, CAMPAIGN_WAITS, CAMPAIGN_OVER };
WARN_UNUSED int campaign_judge(struct task *t, struct db *d, const struct job *j, enum campaign_word *word_r);

/* Nobody on the roll has this mail's address (any more), or another one has it. *moved_r: the person whom the campaign means was given another one since the mail was
 * queued, and its row goes there now. */
WARN_UNUSED int campaign_readdress(struct task *t, struct db *d, const struct job *j, bool *moved_r);

/* What a test mailbox reads: a name that is nobody's, and a link that opens nothing. e: elector_anybody. */
void campaign_specimen(struct elector *e);
#define CAMPAIGN_SPECIMEN_TOKEN "ESSAI-ce-lien-n-ouvre-rien"

/* For how long the link of a mail of this kind works, in seconds. */
int64_t campaign_link_validity_s(const struct conf *c, enum queue_mail mail);

#endif
