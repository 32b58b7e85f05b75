/* The protocol of sd_notify(3): one datagram to the socket named by NOTIFY_SOCKET. libsystemd is seen here
 * alone. */
#include "common/proc/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "common/base/clock.h"

void
notify_ready(void)
{
	/* MAINPID: after we went into the background it is not the process that was started. */
	sd_notifyf(0, "READY=1\nMAINPID=%d", (int)getpid());
}

void
notify_reloading(void)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_mono_ms() * 1000);
}

void
notify_stopping(void)
{
	sd_notify(0, "STOPPING=1");
}
