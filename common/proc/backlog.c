/* How many connections wait: sock_diag for a unix socket, TCP_INFO for the other kind. No right is needed for
 * one's own. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/proc/listen.h"

struct question {
	struct nlmsghdr head;
	struct unix_diag_req req;
};

static bool
ask(int nl, unsigned int inode)
{
	struct question q = {
	    .head = {.nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
	    .req = {.sdiag_family = AF_UNIX,
	            .udiag_states = ~0u,
	            .udiag_ino = inode,
	            .udiag_show = UDIAG_SHOW_RQLEN,
	            .udiag_cookie = {~0u, ~0u}},
	};

	return send(nl, &q, sizeof(q), 0) == (ssize_t)sizeof(q);
}

/* The attributes follow the answer's head, each with its length. */
static bool
read_answer(char *buf, size_t len, struct unix_diag_rqlen *out_r)
{
	const struct nlmsghdr *head = (const struct nlmsghdr *)(void *)buf;
	size_t at = NLMSG_LENGTH(sizeof(struct unix_diag_msg));

	if (len < sizeof(*head) || head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return false;
	while (at + sizeof(struct nlattr) <= len) {
		struct nlattr a;

		memcpy(&a, buf + at, sizeof(a));
		if (a.nla_type == UNIX_DIAG_RQLEN && at + NLA_HDRLEN + sizeof(*out_r) <= len) {
			memcpy(out_r, buf + at + NLA_HDRLEN, sizeof(*out_r));
			return true;
		}
		at += NLA_ALIGN(a.nla_len < sizeof(a) ? sizeof(a) : a.nla_len);
	}
	return false;
}

static bool
unix_backlog(int fd, int *pending_r, int *limit_r)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct unix_diag_rqlen r;
	struct stat st;
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	ssize_t got = -1;

	if (nl == -1)
		return false;
	if (fstat(fd, &st) == 0 && ask(nl, (unsigned int)st.st_ino))
		got = recv(nl, buf, sizeof(buf), MSG_DONTWAIT);
	close(nl);
	if (got <= 0 || !read_answer(buf, (size_t)got, &r))
		return false;
	*pending_r = (int)r.udiag_rqueue;
	*limit_r = (int)r.udiag_wqueue;
	return true;
}

static bool
tcp_backlog(int fd, int *pending_r, int *limit_r)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1)
		return false;
	*pending_r = (int)info.tcpi_unacked;
	*limit_r = (int)info.tcpi_sacked;
	return true;
}

bool
listen_backlog(const struct listener *l, int *pending_r, int *limit_r)
{
	int family = 0;
	socklen_t len = sizeof(family);

	if (l == NULL || l->fd == -1 || getsockopt(l->fd, SOL_SOCKET, SO_DOMAIN, &family, &len) == -1)
		return false;
	return family == AF_UNIX ? unix_backlog(l->fd, pending_r, limit_r)
	                         : tcp_backlog(l->fd, pending_r, limit_r);
}
