-- Requests for assistance, and the texts that the office writes.

-- subject: what it is about, a word of portal/subjects.def. state: received, in_progress, answered, closed.
create table if not exists assistance_request (
  id bigint unsigned not null auto_increment primary key,
  election_id int unsigned not null,
  reference char(9) character set ascii collate ascii_bin not null,
  elector_id bigint unsigned null,
  subject varchar(20) character set ascii collate ascii_bin not null,
  name varchar(200) not null,
  contact varchar(254) not null,
  phone varchar(40) not null default '',
  posting varchar(200) not null default '',
  body varchar(4000) not null,
  state varchar(12) character set ascii collate ascii_bin not null default 'received',
  created_at datetime(3) not null,
  changed_at datetime(3) not null,
  handled_by varchar(40) not null default '',
  note varchar(4000) not null default '',
  unique key assistance_request_reference (reference),
  key assistance_request_work (election_id, state, id),
  key assistance_request_elector (elector_id),
  constraint assistance_request_election foreign key (election_id) references election (id),
  constraint assistance_request_elector foreign key (elector_id) references elector (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;

-- What the office wrote instead of the theme's file of that name (edito, faq …); gone, the theme's holds again.
create table if not exists office_text (
  election_id int unsigned not null,
  name varchar(40) character set ascii collate ascii_bin not null,
  body mediumtext not null,
  changed_at datetime(3) not null,
  changed_by varchar(40) not null,
  primary key (election_id, name),
  constraint office_text_election foreign key (election_id) references election (id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_unicode_ci;
