/* Telling systemd (Type=notify) that we are ready, reload or stop. Without systemd these do nothing. */
#ifndef ISOLOIR_NOTIFY_H
#define ISOLOIR_NOTIFY_H

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);

#endif
