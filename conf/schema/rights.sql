-- Who may do what: run by each `isoloirctl migrate`, which fills in ${portal} and ${mailer} as name@host from the settings, the host being that of
-- its own account, and ${database}.
-- A right that a statement of portal/model/sql.def, mailer/model/sql.def or common/*_sql.def needs is added here; one that goes away is revoked in a
-- migration, since grant only adds. Nobody but ${ctl} may change the roll, and nobody may change or delete an audit row.

-- MariaDB would make a missing account, without a password: never.
set session sql_mode = concat(@@session.sql_mode /*M! , ',NO_AUTO_CREATE_USER' */);

-- The portal reads the roll, keeps accounts, uses links up and asks for mails.
grant select on ${database}.schema_migration to ${portal};
grant select on ${database}.election to ${portal};
grant select on ${database}.elector to ${portal};
grant select on ${database}.scrutin to ${portal};
grant select on ${database}.elector_scrutin to ${portal};
grant select on ${database}.bureau to ${portal};
grant select on ${database}.participation to ${portal};
grant select on ${database}.posting to ${portal};
grant select on ${database}.challenge_question to ${portal};
grant select on ${database}.mail_domain to ${portal};
grant select, insert, update on ${database}.account to ${portal};
grant select, update (used_at, used_how, opened_at) on ${database}.activation_token to ${portal};
grant select, insert, update on ${database}.mail_job to ${portal};
grant insert on ${database}.audit to ${portal};
grant select (id, at, election_id, act, subject, detail) on ${database}.audit to ${portal};
grant select, insert, update, delete on ${database}.device to ${portal};
grant select, insert, update on ${database}.session_epoch to ${portal};
grant select, insert on ${database}.assistance_request to ${portal};
grant select on ${database}.office_text to ${portal};
-- Candidate lists and their draws; who was there at a draw is no page's affair.
grant select on ${database}.candidate_list to ${portal};
grant select on ${database}.candidate to ${portal};
grant select on ${database}.candidate_file to ${portal};
grant select (id, scrutin_id, seed, method, seed_hash, ordered, result, drawn_at, reason) on ${database}.list_draw to ${portal};

-- The mailer reads what it writes to whom, makes the links, settles the mails and seals the audit trail. It never sees a password's hash.
grant select on ${database}.schema_migration to ${mailer};
grant select on ${database}.election to ${mailer};
grant select on ${database}.elector to ${mailer};
grant select (elector_id, activated_at, changed_at) on ${database}.account to ${mailer};
grant select on ${database}.mail_domain to ${mailer};
grant select on ${database}.mail_policy to ${mailer};
grant select, insert, update on ${database}.activation_token to ${mailer};
grant select, insert, update, delete on ${database}.mail_job to ${mailer};
grant select, insert, update on ${database}.mail_attempt to ${mailer};
grant select, insert on ${database}.audit to ${mailer};
grant select, insert on ${database}.audit_seal to ${mailer};

-- The office: links from before a correction of the address are unknown ones.
grant select (elector_id, state, decided_at) on ${database}.address_change to ${portal};
-- Voting codes: the portal hands out one at a time and ends another; it reads neither hashes nor batches. The mailer has no business here.
grant select (elector_id, how, issued_at, void_at, void_how, live), insert, update (void_at, void_how) on ${database}.voting_code to ${portal};
-- Claims: the portal takes them and shows each to its author, the mailer reads what it mails, and forgets drafts.
grant select, insert on ${database}.claim to ${portal};
grant select, insert on ${database}.claim_document to ${portal};
grant select, insert, update, delete on ${database}.claim_draft to ${portal};
grant select (reference, election_id, state, answer) on ${database}.claim to ${mailer};
grant select (elector_id, expires_at), delete on ${database}.claim_draft to ${mailer};
grant select (reference, election_id, note) on ${database}.assistance_request to ${mailer};
-- Campaigns: the mailer makes jobs of them, and says how far it is.
grant select, update (state, finished_at) on ${database}.campaign to ${mailer};
grant select, update (fed, last_elector) on ${database}.campaign_domain to ${mailer};
grant select on ${database}.campaign_person to ${mailer};
-- Bounces and suppressions: isoloir-dsn writes them by the mailer's account, which lifts none.
grant select, insert on ${database}.bounce to ${mailer};
grant select, insert, update (overridden_at, overridden_job) on ${database}.suppression to ${mailer};
