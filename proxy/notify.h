/*
 * notify.h - tell systemd (Type=notify) how we are: "READY=1", "STOPPING=1",
 * "RELOADING=1". Nothing happens where $NOTIFY_SOCKET is not set.
 */
#ifndef PROXY_NOTIFY_H
#define PROXY_NOTIFY_H

void notify(const char *state);

#endif
