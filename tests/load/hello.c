/*
 * The bare reference for pages: as many workers as told, each the shortest loop that libfcgi allows, no work and no log.
 * usage: hello SOCKET WORKERS
 */
#include <fcgiapp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKLOG 1024

static void
work(int fd)
{
	FCGX_Request r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	FCGX_InitRequest(&r, fd, 0);
	while (FCGX_Accept_r(&r) == 0) {
		FCGX_PutS("Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n", r.out);
		FCGX_Finish_r(&r);
	}
	_exit(0);
}

int
main(int argc, char **argv)
{
	int fd;

	if (argc != 3 || FCGX_Init() != 0 || (fd = FCGX_OpenSocket(argv[1], BACKLOG)) == -1)
		return 1;
	chmod(argv[1], 0666);
	for (int i = atoi(argv[2]); i > 0; i--)
		if (fork() == 0)
			work(fd);
	while (wait(NULL) > 0)
		;
	return 0;
}
